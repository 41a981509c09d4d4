"""Zeros sent through a network, to see what each of its layers makes of their shape."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minicnn._checks import integer
from minicnn.errors import WidthError
from minicnn.nn.hooks import Hooks
from minicnn.tensor import Tensor, no_grad

if TYPE_CHECKING:
    from minicnn.nn.module import Module

# Called after a layer: see(its dotted name, the layer, its arguments, what it returned)
See = Callable[[str, "Module", tuple[Any, ...], Any], None]


class Step(NamedTuple):
    """One call of one layer: its dotted name, its class's name, the shape of what it returned."""

    name: str
    kind: str
    shape: tuple[int, ...]


class LayerShapes(list[Step]):
    """The steps of one pass, in order; printed, they are a table with N for the batch's size."""

    def __str__(self) -> str:
        return "\n".join(table(self))

    __repr__ = __str__


class _Running(threading.local):
    trace = False  # whether this thread is inside of `check` or `explain`


_running = _Running()


def send_zeros(model: Module, shape: tuple[int, ...], dtype: Any, see: See) -> Any:
    """Send one sample of zeros through a model and return the result; the model stays as it was.

    It runs in `eval` mode and without gradients, then each module gets back its own mode. `see` is
    shown the layers: modules without modules in them, or with parameters of their own.
    """
    if dtype is None:
        first = next(model.parameters(), None)
        dtype = np.float32 if first is None else first.dtype
    before = [(module, module.training, module._hooks) for module in model.modules()]
    handles = []
    try:
        model.eval()
        for name, module in model.named_modules():
            if not module._modules or any(True for _ in module.parameters(recurse=False)):
                if module._hooks is None:
                    module._hooks = Hooks()
                handles.append(module.register_forward_hook(_shown(name, see)))
        with no_grad():
            return model(Tensor.of_array(np.zeros((1, *shape), dtype)))
    finally:
        for handle in handles:
            handle.remove()
        for module, training, hooks in before:
            # None again where it was None: a module without hooks can be fused with its neighbour
            module.training, module._hooks = training, hooks


def _shown(name: str, see: See) -> Any:
    return lambda module, args, y: see(name, module, args, y)


def check(model: Module, input_shape: Sequence[int], dtype: Any) -> LayerShapes:
    """Do what `Module.check` does."""
    shape, steps = sample_shape("check", input_shape), LayerShapes()
    before, _running.trace = _running.trace, True  # the trail is put below, once
    try:
        send_zeros(model, shape, dtype, _recording(steps))
    except (ValueError, TypeError, IndexError) as error:
        raise type_of(error)(f"check: {error}{trail(steps)}") from error
    finally:
        _running.trace = before
    return steps


def type_of(error: Exception) -> type[Exception]:
    """Return the built-in type that stands for this error: its own may take other arguments."""
    kinds = (ValueError, TypeError, IndexError)
    return next(kind for kind in kinds if isinstance(error, kind))


def explain(error: WidthError, module: Module, args: tuple[Any, ...]) -> None:
    """Add to the error's text which layers of `module`, called with `args`, led to it.

    The outermost module is the last to do so, and has the longest names. They are found by another
    pass, of zeros: an error is no place to save time in, but an ordinary pass is.
    """
    if _running.trace or not module._modules or len(args) != 1 or not np.ndim(args[0]):
        return
    _running.trace, steps = True, LayerShapes()
    try:
        send_zeros(module, args[0].shape[1:], args[0].dtype, _recording(steps))
    except WidthError as again:
        if again.expected == error.expected:
            error.args = (error.problem + trail(steps),)
    except Exception:  # zeros took another way; the error stays as it is
        pass
    finally:
        _running.trace = False


def _recording(steps: list[Step]) -> See:
    def see(name: str, module: Module, args: tuple[Any, ...], y: Any) -> None:
        steps.append(Step(name, type(module).__name__, shape_of(y)))

    return see


def trail(steps: Sequence[Step]) -> str:
    """Return lines that say which layers came before; "" if there were none."""
    if not steps:
        return ""
    return "\nThe layers that led to it, and the shapes they gave:\n  " + "\n  ".join(table(steps))


def table(steps: Iterable[Step]) -> list[str]:
    """Return a line for each step: name and kind, then the shape."""
    cells = [(label(step.name, step.kind), shape_text(step.shape)) for step in steps]
    width = max([len(name) for name, _ in cells], default=0)
    return [f"{name.ljust(width)}  {shape}" for name, shape in cells]


def label(name: str, kind: str) -> str:
    """Return "features.0: Conv2d"; a model that is itself a layer has no name."""
    return f"{name}: {kind}" if name else kind


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape whose first axis, of size 1, is the batch's: (N, 6, 28, 28)."""
    sizes = ["N" if i == 0 and n == 1 else str(n) for i, n in enumerate(shape)]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def tensors(value: Any) -> list[Any]:
    """Return what has a shape: the value itself, or the parts of a tuple."""
    if isinstance(value, (Tensor, np.ndarray)):
        return [value]
    return [part for part in value if hasattr(part, "shape")] if isinstance(value, tuple) else []


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, or of the first one of a tuple; () if there is none."""
    found = tensors(value)
    return tuple(found[0].shape) if found else ()


def sample_shape(op: str, input_shape: Sequence[int]) -> tuple[int, ...]:
    """Return `input_shape` as a tuple; raise unless it is one of positive ints."""
    if not isinstance(input_shape, (tuple, list)):
        raise TypeError(f"{op}: input_shape must be a tuple of ints, got {input_shape!r}")
    shape = tuple(integer(op, "input_shape", n) for n in input_shape)
    if any(n < 1 for n in shape):
        raise ValueError(f"{op}: input_shape must hold positive ints, got {input_shape}")
    return shape
