"""What a target says about each class: shared by cross_entropy and nll_loss.

Both losses are -sum over classes of share * log_probability. With labels, `share` is 1 at the right
class and 0 elsewhere; class weights, ignored samples and label smoothing only change `share`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer, kernel_array


def with_positions(op: str, input: np.ndarray) -> np.ndarray:
    """Return `input` with shape (N, C, D): D is the product of d1, d2, ...; (C,) has N = D = 1."""
    input = kernel_array(op, "input", input)
    if input.ndim == 0:
        raise ValueError(f"{op}: input must have shape (C,), (N, C) or (N, C, d1, ...), got ()")
    N, C, *_ = input.shape if input.ndim > 1 else (1, *input.shape)
    if C == 0:
        raise ValueError(f"{op}: input must have at least one class, got shape {input.shape}")
    positions = int(np.prod(input.shape[2:], dtype=np.int64))
    return input.reshape(N, C, positions)


def label_shape(input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (N, d1, ...) for (N, C, d1, ...), and () for (C,)."""
    return input_shape[:1] + input_shape[2:] if len(input_shape) > 1 else ()


def check_labels(
    op: str, labels: np.ndarray, input_shape: tuple[int, ...], ignore_index: int
) -> np.ndarray:
    """Return the labels as int64; raise if they cannot be the labels of this input."""
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{op}: target must hold class indices of an integer dtype, got {labels.dtype} of shape"
            f" {labels.shape} for input with shape {input_shape}"
        )
    expected = label_shape(input_shape)
    if labels.shape != expected:
        raise ValueError(
            f"{op}: target with class indices must have shape {expected} for input with shape"
            f" {input_shape}, got shape {labels.shape}"
        )
    C = input_shape[1] if len(input_shape) > 1 else input_shape[0]
    bad = ((labels < 0) | (labels >= C)) & (labels != ignore_index)
    if bad.any():
        where = [int(i) for i in np.argwhere(bad)[0]]
        place = f"[{', '.join(map(str, where))}]" if where else ""
        raise ValueError(
            f"{op}: target{place} = {labels[tuple(where)]} is not one of the {C} classes 0 to"
            f" {C - 1} (input has shape {input_shape}), nor ignore_index = {ignore_index}"
        )
    return labels.astype(np.int64)


def class_weight(op: str, weight: Any, input: np.ndarray) -> np.ndarray | None:
    """Return the classes' weights, shape (C,) as (N, C, D) has it; raise if they do not fit."""
    if weight is None:
        return None
    weight = kernel_array(op, "weight", np.asarray(getattr(weight, "data", weight)))
    if weight.dtype != input.dtype:
        raise TypeError(
            f"{op}: weight must have the dtype of input, {input.dtype}, got {weight.dtype}"
        )
    C = input.shape[1]
    if weight.shape != (C,):
        raise ValueError(
            f"{op}: weight must have shape ({C},), one value for each class, got shape"
            f" {weight.shape}"
        )
    return weight


def share_of_labels(
    labels: np.ndarray,
    weight: np.ndarray | None,
    ignore_index: int,
    smoothing: float,
    like: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return each class's share, shape (N, C, D), and the sum of weights that "mean" divides by."""
    N, C, D = like.shape
    labels = labels.reshape(N, D)
    kept = labels != ignore_index  # (N, D)
    index = np.where(kept, labels, 0)[:, np.newaxis]  # (N, 1, D)
    own = kept if weight is None else kept * weight[index[:, 0]]  # each sample's weight, (N, D)
    share = np.zeros_like(like)
    if smoothing:
        everywhere = np.ones(C, like.dtype) if weight is None else weight
        share += (smoothing / C) * everywhere[:, np.newaxis] * kept[:, np.newaxis]
    here = np.take_along_axis(share, index, 1)[:, 0] + (1 - smoothing) * own
    np.put_along_axis(share, index, here.astype(like.dtype)[:, np.newaxis], 1)
    return share, float(own.sum(dtype=np.float64))


def check_ignore_index(op: str, ignore_index: Any) -> int:
    """Return `ignore_index` as an int."""
    return integer(op, "ignore_index", ignore_index)


def weighted_sum(share: np.ndarray, log_p: np.ndarray) -> np.ndarray:
    """Return -sum over classes of share * log_p, shape (N, D); 0 * -inf counts as 0."""
    terms = np.zeros_like(log_p)
    np.multiply(share, log_p, out=terms, where=share != 0)
    return 0 - terms.sum(axis=1)  # a loss of nothing is 0, not -0
