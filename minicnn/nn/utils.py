"""Functions on parameters: clipping gradients, one vector of all, lengths and directions apart."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from minicnn import ops
from minicnn.nn import parametrizations as parametrizations
from minicnn.nn.weight_norm import remove_weight_norm as remove_weight_norm
from minicnn.nn.weight_norm import weight_norm as weight_norm
from minicnn.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float | str = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients by one factor so that their common norm is at most `max_norm`.

    The factor is min(1, max_norm / (norm + 1e-6)); gradients that are missing are left out.

    Args:
        parameters: Whose gradients are changed, in place.
        max_norm: The largest norm.
        norm_type: p of the p-norm over all numbers of all gradients; "inf" or math.inf for the
            largest absolute value.
        error_if_nonfinite: Whether a norm that is inf or NaN raises; else the gradients become NaN
            (or 0, where they are finite and the norm is inf).

    Returns:
        The norm before scaling, shape ().

    Raises:
        ValueError: If norm_type is not positive or max_norm is negative.
        RuntimeError: If the norm is not finite and that is an error; the gradients are unchanged.

    Example:
        >>> p = Tensor([1.0, 1.0], requires_grad=True)
        >>> (p * [3.0, 4.0]).sum().backward()
        >>> clip_grad_norm_(p, max_norm=1.0).item()
        5.0
        >>> p.grad.round(3)
        array([0.6, 0.8], dtype=float32)
    """
    order = float(norm_type)
    if not order > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be positive, got {norm_type}")
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must not be negative, got {max_norm}")
    with_grad = _with_grad(parameters)
    if not with_grad:
        return Tensor(0.0)
    with np.errstate(all="ignore"):  # overflow, inf * 0: as IEEE 754 says, without warnings
        norm = _norm([grad for _, grad in with_grad], order)
        if error_if_nonfinite and not np.isfinite(norm):
            raise RuntimeError(
                f"clip_grad_norm_: the norm of order {order} of the gradients is {norm}, which"
                " cannot be clipped"
            )
        factor = float(np.minimum(max_norm / (norm + 1e-6), 1.0))
        for p, grad in with_grad:
            np.multiply(grad, factor, out=_writeable(p, grad))
        return Tensor(np.array(norm, dtype=with_grad[0][1].dtype))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut all gradients, in place, to the range [-clip_value, clip_value].

    Raises:
        ValueError: If clip_value is negative.
    """
    limit = float(clip_value)
    if not limit >= 0:
        raise ValueError(f"clip_grad_value_: clip_value must not be negative, got {clip_value}")
    for p, grad in _with_grad(parameters):
        np.clip(grad, -limit, limit, out=_writeable(p, grad))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return all numbers of the parameters in order, shape (sum of the sizes,); differentiable.

    Raises:
        ValueError: If there are no parameters.

    Example:
        >>> parameters_to_vector([Tensor([[1.0, 2.0]]), Tensor(3.0)])
        tensor([1., 2., 3.])
    """
    flat = [p.reshape(-1) for p in parameters]
    if not flat:
        raise ValueError("parameters_to_vector: parameters is empty")
    return ops.cat(flat)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters the numbers of a vector, in the order of `parameters_to_vector`.

    The numbers are copied, into each parameter's dtype.

    Raises:
        TypeError: If `vec` is no tensor.
        ValueError: If it does not have as many numbers as the parameters, on one axis; then no
            parameter has been changed.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: vec must be a Tensor, got {type(vec).__name__}")
    targets = list(parameters)
    sizes = [p.numel() for p in targets]
    if vec.shape != (sum(sizes),):
        raise ValueError(
            f"vector_to_parameters: vec must have shape ({sum(sizes)},), the sum of the parameters'"
            f" sizes {sizes}, got {vec.shape}"
        )
    start = 0
    for p, size in zip(targets, sizes):
        p.data[...] = vec.data[start : start + size].reshape(p.shape)
        start += size


def _with_grad(parameters: Tensor | Iterable[Tensor]) -> list[tuple[Tensor, np.ndarray]]:
    """Return the parameters that have a gradient, with it; one tensor stands for itself."""
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [(p, p.grad) for p in listed if p.grad is not None]


def _writeable(p: Tensor, grad: np.ndarray) -> np.ndarray:
    """Return the gradient itself, or, if it is read-only, an array that takes its place."""
    if not grad.flags.writeable:
        p.grad = grad = np.empty_like(grad)
    return grad


def _norm(grads: list[np.ndarray], order: float) -> float:
    """Return the norm over all numbers, in float64, so that float32 gradients cannot overflow."""
    sizes = [np.abs(grad, dtype=np.float64) for grad in grads if grad.size]
    if not sizes:
        return 0.0
    if math.isinf(order):
        return float(np.max([size.max() for size in sizes]))
    if order == 2:
        return math.sqrt(sum(float(np.sum(size * size)) for size in sizes))
    return float(sum(float(np.sum(size**order)) for size in sizes) ** (1 / order))
