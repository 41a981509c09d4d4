"""What the losses that compare two arrays element by element have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import kernel_array, kernel_arrays
from minicnn.autograd import Function
from minicnn.ops._reduction import check_reduction, reduce, spread


class ElementwiseLoss(Function):
    """loss = values(input, target), reduced; a subclass gives the values and both slopes.

    A subclass defines `values`, which may keep what `slopes` needs on `self`, and `slopes`, which
    returns d(values)/d(input) and, if the second argument is true, d(values)/d(target).
    """

    op: str

    def __init__(self, reduction: Any) -> None:
        self.reduction = check_reduction(self.op, reduction)

    def values(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def slopes(self, of_target: bool) -> tuple[np.ndarray, np.ndarray | None]:
        raise NotImplementedError

    def forward(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        input, target = kernel_arrays(self.op, input=input, target=target)
        if input.shape != target.shape:
            raise ValueError(
                f"{self.op}: input and target must have the same shape, got {input.shape} and"
                f" {target.shape}"
            )
        self.size = input.size
        return reduce(self.values(input, target), self.reduction)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        scale = spread(grad_y, self.reduction, self.size)
        slope, target_slope = self.slopes(self.needs_grad[1])
        return slope * scale, None if target_slope is None else target_slope * scale


def element_weight(op: str, name: str, weight: Any, input: np.ndarray) -> np.ndarray | None:
    """Return a weight that broadcasts to the shape of `input`, or None for None."""
    if weight is None:
        return None
    weight = kernel_array(op, name, np.asarray(getattr(weight, "data", weight)))
    if weight.dtype != input.dtype:
        raise TypeError(
            f"{op}: {name} must have the dtype of input, {input.dtype}, got {weight.dtype}"
        )
    last = input.shape[input.ndim - weight.ndim :] if weight.ndim else ()
    fits = weight.ndim <= input.ndim and all(w in (1, n) for w, n in zip(weight.shape, last))
    if not fits:
        raise ValueError(
            f"{op}: {name} must broadcast to the shape of input, {input.shape}, got {weight.shape}"
        )
    return weight
