"""The module: parameters, buffers and submodules under names, and a forward pass over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from minicnn.errors import WidthError
from minicnn.nn import state, tracing
from minicnn.nn.conversions import Convertible
from minicnn.nn.hooks import Hookable
from minicnn.nn.members import find_member, find_submodule, named_members, register
from minicnn.nn.parameter import Parameter
from minicnn.tensor import Tensor

Self = TypeVar("Self", bound="Module")


class Module(Hookable, Convertible):
    """A part of a network: it has parameters, may contain further modules, and can be called.

    A subclass calls `super().__init__()`, assigns its layers and `Parameter`s to attributes, and
    defines `forward`. Assigned parameters and modules are found under their attribute's name by
    `parameters`, `modules`, `state_dict` and their like.

    Attributes:
        training: Whether the module trains (then `Dropout` drops); set by `train` and `eval`.

    Raises:
        AttributeError: If something is assigned before `super().__init__()`, or does not exist.

    Example:
        >>> class Double(Module):
        ...     def forward(self, x):
        ...         return x + x
        >>> Double()(Tensor([1.0, 2.0]))
        tensor([2., 4.])
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _transient: set[str]  # names of the buffers that are no part of state_dict

    def __init__(self) -> None:
        # past __setattr__, which already needs these
        self.__dict__.update(
            training=True, _parameters={}, _buffers={}, _modules={}, _transient=set(), _hooks=None
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result; a subclass defines it, and calling the module calls it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return self._hooks.call(self, args, kwargs)
        except WidthError as error:
            tracing.explain(error, self, args)
            raise

    # -- attributes ---------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Only called when the usual places do not have `name`.
        members = self.__dict__
        if "_parameters" in members:
            for table in ("_parameters", "_modules", "_buffers"):
                if name in members[table]:
                    return members[table][name]
        elif name in ("_parameters", "_modules", "_buffers", "_transient", "_hooks", "training"):
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() first in __init__, before"
                " assigning or calling anything"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self.add_module(name, value)
        elif name in self.__dict__.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"{type(self).__name__}: {name} is a parameter; it takes a Parameter or None,"
                    f" got {type(value).__name__} (its values are {name}.data)"
                )
            self._parameters[name] = None
        elif value is None and name in self.__dict__.get("_modules", ()):
            self._modules[name] = None
        elif name in self.__dict__.get("_buffers", ()):
            self.register_buffer(name, value, persistent=name not in self._transient)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._transient.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the parameter `name`; None reserves the name (a layer without bias)."""
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"register_parameter: {name} must be a Parameter or None, got"
                f" {type(param).__name__}"
            )
        register(self, "_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` the buffer `name`: state that is not learned, such as a running mean.

        Args:
            name: The attribute it becomes.
            tensor: The values, or None.
            persistent: Whether it is part of `state_dict`.
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"register_buffer: {name} must be a Tensor or None, got {type(tensor).__name__}"
            )
        register(self, "_buffers", name, tensor)
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the submodule `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"add_module: {name} must be a Module or None, got {type(module).__name__}"
            )
        register(self, "_modules", name, module)

    # -- what it contains ---------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module and all below it with their dotted names, each once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, below, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the submodules directly below with their names, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield the submodules directly below, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters with their dotted names, each once, in the order of assignment."""
        return named_members(self, "_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield all parameters, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield all buffers with their dotted names, each once."""
        return named_members(self, "_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield all buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module of a dotted name, such as "features.0"; "" is this module."""
        return find_submodule(self, target)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a dotted name, such as "features.0.weight"."""
        return cast(Parameter, find_member(self, "_parameters", target))

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of a dotted name, such as "norm.running_mean"."""
        return find_member(self, "_buffers", target)

    # -- what can be done to all of it --------------------------------------------------------

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module below and then on this one; return this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Set `training` of this module and all below it."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be a bool, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Leave training: the same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Say for all parameters whether `backward` computes their gradients."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or set them to zeros."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else np.zeros_like(p.grad)

    def check(self, input_shape: Sequence[int], *, dtype: Any = None) -> tracing.LayerShapes:
        """Return the shape of each layer's result for one sample, or raise where they do not fit.

        One sample of zeros of this shape (without N) passes through, in `eval` mode and without
        gradients: an empty batch would cost less, but `reshape` can give it any size. The dtype is
        that of the first parameter if left out. An error says which layers came before.

        Example:
            >>> from minicnn import nn
            >>> nn.Sequential(nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.Flatten()).check((1, 28, 28))
            0: Conv2d     (N, 6, 24, 24)
            1: MaxPool2d  (N, 6, 12, 12)
            2: Flatten    (N, 864)
        """
        return tracing.check(self, input_shape, dtype)

    # -- state and text -----------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "") -> dict[str, Tensor]:
        """Return all parameters and persistent buffers by dotted name; they share their memory."""
        return state.state_dict(self, prefix)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> state.KeyDiff:
        """Copy values by dotted name into the parameters and buffers, all of them or none.

        Args:
            state_dict: Tensors or arrays by name, as `state_dict` returns them.
            strict: Whether every name must occur on both sides; shapes must fit in any case.

        Returns:
            The names that are missing from `state_dict`, and those that this module does not have.

        Raises:
            StateDictError: With a table of all that does not fit; then nothing has been copied.
        """
        return state.load(self, state_dict, strict)

    def extra_repr(self) -> str:
        """Return what the printed module says between its parentheses."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {module!r}" for name, module in self._modules.items()]
        return state.indented(type(self).__name__, extra.split("\n") if extra else [], lines)
