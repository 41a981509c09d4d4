"""Functions that a module calls before and after its forward pass, and after its backward pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.autograd import Function
from minicnn.tensor import Tensor

if TYPE_CHECKING:
    from minicnn.nn.module import Module

Hook = Callable[..., Any]


class RemovableHandle:
    """What registering a hook returns; `remove` unregisters it. Also a context manager."""

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Unregister the hook; doing so twice is harmless."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module. A module without any has None instead, which is cheap to call."""

    def __init__(self) -> None:
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}
        self._registered = 0

    def register(self, hooks: dict[int, Hook], hook: Hook) -> RemovableHandle:
        self._registered += 1
        hooks[self._registered] = hook
        return RemovableHandle(hooks, self._registered)

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run `module.forward` between its hooks."""
        for hook in tuple(self.before.values()):
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        watch = BackwardWatch(module, tuple(self.backward.values())) if self.backward else None
        if watch:
            args = watch.watch_inputs(args)
        y = module.forward(*args, **kwargs)
        if watch:
            y = watch.watch_output(y)
        for hook in tuple(self.after.values()):
            changed = hook(module, args, y)
            if changed is not None:
                y = changed
        return y


class Hookable:
    """What registers the hooks of a module."""

    _hooks: Hooks | None

    def _own_hooks(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    def register_forward_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, args)` before each forward pass; what it returns replaces `args`."""
        return self._own_hooks().register(self._own_hooks().before, hook)

    def register_forward_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, args, y)` after each forward pass; what it returns replaces `y`."""
        return self._own_hooks().register(self._own_hooks().after, hook)

    def register_full_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when both are known: tuples of arrays.

        `grad_input` has one entry for each positional argument, None where no gradient is needed.
        What the hook returns replaces `grad_input`, if one argument needs a gradient.
        """
        return self._own_hooks().register(self._own_hooks().backward, hook)


class BackwardWatch:
    """Gathers dL/dy and dL/dx of one call of a module, then calls its backward hooks once."""

    def __init__(self, module: Module, hooks: tuple[Hook, ...]) -> None:
        self.module, self.hooks = module, hooks
        self.watched = 0
        self.grad_x: dict[int, np.ndarray] = {}
        self.grad_y: np.ndarray | None = None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.n_args = len(args)
        out = []
        for i, x in enumerate(args):
            if isinstance(x, Tensor) and x.requires_grad:
                self.watched += 1
                x = Watched(partial(self.saw_input, i))(x)
            out.append(x)
        return tuple(out)

    def watch_output(self, y: Any) -> Any:
        if not isinstance(y, Tensor):
            raise TypeError(
                "register_full_backward_hook: the module's forward must return one tensor, got"
                f" {type(y).__name__}"
            )
        return Watched(self.saw_output)(y)

    def saw_output(self, grad: np.ndarray) -> np.ndarray:
        self.grad_y, self.grad_x = grad, {}
        if self.watched == 0:
            self.call_hooks()
        return grad

    def saw_input(self, i: int, grad: np.ndarray) -> np.ndarray:
        self.grad_x[i] = grad
        if len(self.grad_x) == self.watched:
            changed = self.call_hooks()
            # A hook can replace a gradient only before it is passed on: with one input.
            if changed is not None and self.watched == 1 and changed[i] is not None:
                return np.asarray(changed[i], dtype=grad.dtype).reshape(grad.shape)
        return grad

    def call_hooks(self) -> Any:
        result = None
        grad_x = tuple(self.grad_x.get(i) for i in range(self.n_args))
        for hook in self.hooks:
            changed = hook(self.module, grad_x, (self.grad_y,))
            if changed is not None:
                result = grad_x = changed if isinstance(changed, tuple) else (changed,)
        return result


class Watched(Function):
    """The identity, which shows the gradient that passes through it."""

    def __init__(self, saw: Callable[[np.ndarray], np.ndarray]) -> None:
        self.saw = saw

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray]:
        return (self.saw(grad_y),)
