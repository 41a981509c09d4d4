"""Passes through a model that leave it as it was: to a target and back, or to one of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn.autograd import no_grad
from minicnn.interpret._inputs import selected
from minicnn.nn.inspection import check_eval, examined
from minicnn.nn.module import Module
from minicnn.tensor import Tensor


def target_gradient(
    op: str,
    model: Module,
    x: np.ndarray,
    target: Any,
    prepare: Callable[[Tensor], None] | None = None,
) -> np.ndarray:
    """Return the gradient of each image's target with respect to its pixels, the shape of x.

    `prepare` is shown the output before the backward pass, whose graph it may change.
    """
    with examined(op, model):
        leaf = Tensor(x, requires_grad=True)
        outputs = model(leaf)
        weights = selected(op, outputs, len(x), target)
        if prepare is not None:
            prepare(outputs)
        go_back(op, outputs, weights)
    return gradient(op, leaf)


def go_back(op: str, outputs: Tensor, weights: np.ndarray) -> None:
    """Run `outputs.backward`; raise ValueError if nothing was recorded."""
    if not outputs.requires_grad:
        raise ValueError(
            f"{op}: the model's output does not depend on its input by operations that have a"
            " gradient"
        )
    outputs.backward(weights)


def gradient(op: str, leaf: Tensor) -> np.ndarray:
    """Return a leaf's gradient; raise ValueError if the backward pass did not reach it."""
    if leaf.grad is None:
        raise ValueError(f"{op}: the target does not depend on it by operations with a gradient")
    return leaf.grad


def target_scores(op: str, model: Module, x: np.ndarray, target: Any) -> np.ndarray:
    """Return each image's output at its target, shape (N,)."""
    check_eval(op, model)
    with no_grad():
        outputs = model(Tensor(x))
    weights = selected(op, outputs, len(x), target)
    return (outputs.data * weights).reshape(len(x), -1).sum(axis=1)


class _Reached(Exception):  # noqa: N818  # no error
    """Carries the layer's output out of the model: what comes after it need not run."""

    def __init__(self, y: Any) -> None:
        super().__init__()
        self.y = y


def layer_output(op: str, model: Module, layer: Module, x: Tensor) -> Tensor:
    """Return what `layer` gives when the model runs on x; the layers after it do not run.

    Raises:
        ValueError: If the model does not call the layer, or it gives no floating-point tensor.
    """

    def stop(module: Module, args: Any, y: Any) -> None:
        raise _Reached(y)

    with layer.register_forward_hook(stop):
        try:
            model(x)
        except _Reached as reached:
            return _tensor(op, reached.y)
    raise ValueError(f"{op}: layer: the model does not call this {type(layer).__name__}")


@contextmanager
def cut_at(op: str, layer: Module) -> Iterator[list[Tensor]]:
    """Inside this block, the layer's output is a leaf, put into the list, that gets a gradient."""
    leaves: list[Tensor] = []

    def cut(module: Module, args: Any, y: Any) -> Tensor:
        if leaves:
            raise ValueError(f"{op}: layer: the model calls this {type(layer).__name__} twice")
        leaves.append(Tensor(_tensor(op, y).data, requires_grad=True))
        return leaves[0]

    with layer.register_forward_hook(cut):
        yield leaves
    if not leaves:
        raise ValueError(f"{op}: layer: the model does not call this {type(layer).__name__}")


def _tensor(op: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor) or y.dtype.kind != "f":
        raise ValueError(f"{op}: layer: it must give one tensor of floats, got {type(y).__name__}")
    return y
