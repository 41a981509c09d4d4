"""Scaled dot-product attention. Tests in tests/ops/test_attention.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, kernel_arrays, real
from minicnn.autograd import Function
from minicnn.ops._operands import unbroadcast
from minicnn.ops.dropout import check_probability
from minicnn.random import default_generator
from minicnn.tensor import Tensor, as_tensor

OP = "scaled_dot_product_attention"


class Attention(Function):
    """y = softmax(scale * query @ key.T + mask) @ value, and the gradients of all four.

    B counts the batches and heads, L the queries, S the keys, E and V the features.
    """

    def __init__(self, allowed: np.ndarray | None, dropout_p: float, scale: float) -> None:
        self.allowed, self.dropout_p, self.scale = allowed, dropout_p, scale

    def forward(
        self,
        query: np.ndarray,
        key: np.ndarray,
        value: np.ndarray,
        mask: np.ndarray | None = None,
    ) -> np.ndarray:
        named = dict(query=query, key=key, value=value)
        if mask is not None:
            named["attn_mask"] = mask
        query, key, value, *rest = kernel_arrays(OP, **named)
        self.shapes = [a.shape for a in (query, key, value, *rest)]
        check_shapes(query.shape, key.shape, value.shape)
        batch, L, S = query.shape[:-2], query.shape[-2], key.shape[-2]
        self.q, self.k, self.v = (
            a.reshape(math.prod(batch), *a.shape[-2:]) for a in (query, key, value)
        )
        scores = products(self.q, self.k, transpose_b=True) * query.dtype.type(self.scale)
        scores = scores.reshape(*batch, L, S)
        if rest:
            scores = scores + broadcast(rest[0], scores.shape)
        if self.allowed is not None:
            scores = np.where(broadcast(self.allowed, scores.shape), scores, -np.inf)
        self.p = probabilities(scores).reshape(len(self.q), L, S)
        self.kept = None
        used = self.p
        if self.dropout_p:
            drawn = default_generator.random(self.p.shape, dtype=np.float32) >= self.dropout_p
            factor = 0 if self.dropout_p == 1 else 1 / (1 - self.dropout_p)
            self.kept = drawn * self.p.dtype.type(factor)
            used = self.p * self.kept
        self.used = used
        return products(used, self.v).reshape(*batch, L, value.shape[-1])

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        grad_y = np.ascontiguousarray(grad_y).reshape(*self.p.shape[:2], grad_y.shape[-1])
        grad_v = products(self.used, grad_y, transpose_a=True)
        grad_p = products(grad_y, self.v, transpose_b=True)
        if self.kept is not None:
            grad_p *= self.kept
        grad_scores = self.p * (grad_p - (grad_p * self.p).sum(axis=-1, keepdims=True))
        scaled = grad_scores * grad_scores.dtype.type(self.scale)
        grad_q, grad_k = products(scaled, self.k), products(scaled, self.q, transpose_a=True)
        grads = [g.reshape(s) for g, s in zip((grad_q, grad_k, grad_v), self.shapes)]
        if len(self.shapes) == 3:
            return tuple(grads)
        scores_shape = (*self.shapes[0][:-1], self.shapes[1][-2])
        return *grads, unbroadcast(grad_scores.reshape(scores_shape), self.shapes[3])


def products(
    a: np.ndarray, b: np.ndarray, transpose_a: bool = False, transpose_b: bool = False
) -> np.ndarray:
    """Return the matrix product of each of B pairs of matrices."""
    rows, columns = a.shape[-1 if transpose_a else -2], b.shape[-2 if transpose_b else -1]
    y = np.empty((len(a), rows, columns), a.dtype)
    for i in range(len(a)):
        y[i] = _core.gemm(a[i], b[i], transpose_a=transpose_a, transpose_b=transpose_b)
    return y


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the softmax of each row; a row that may attend to nothing gets zeros."""
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, as in softmax
        e = np.exp(scores - np.where(top == -np.inf, scores.dtype.type(0), top))
    total = e.sum(axis=-1, keepdims=True)
    return np.asarray(e / np.where(total == 0, scores.dtype.type(1), total))


def broadcast(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask for each score; raise ValueError if it does not broadcast to them."""
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{OP}: attn_mask must broadcast to (..., L, S) = {shape}, got shape {mask.shape}"
        ) from None


def check_shapes(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> None:
    """Raise ValueError unless the shapes are (..., L, E), (..., S, E) and (..., S, V)."""
    fits = min(len(query), len(key), len(value)) >= 2
    fits = fits and query[:-2] == key[:-2] == value[:-2]
    if not (fits and query[-1] == key[-1] != 0 and key[-2] == value[-2]):
        raise ValueError(
            f"{OP}: query, key and value must have shapes (..., L, E), (..., S, E) and (..., S, V)"
            f" with the same axes before, got {query}, {key} and {value}"
        )


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Tensor:
    """Average the values, each query weighing them by how well their keys fit it.

    Args:
        query: Shape (..., L, E).
        key: Shape (..., S, E).
        value: Shape (..., S, V).
        attn_mask: Which keys a query may see (booleans), or numbers added to the scores; broadcasts
            to (..., L, S).
        dropout_p: Probability with which a weight is set to zero (the others grow accordingly).
        is_causal: Whether query i sees the keys 0 to i only; then attn_mask must be None.
        scale: Factor of the scores; 1 / sqrt(E) if left out.

    Returns:
        Shape (..., L, V); zeros for a query that may see no key.

    Raises:
        ValueError: If the shapes do not fit each other, or both a mask and is_causal are given.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> x = np.eye(2, dtype=np.float32)[np.newaxis]
        >>> scaled_dot_product_attention(x, x, x, is_causal=True).data.round(3).tolist()
        [[[1.0, 0.0], [0.33000001311302185, 0.6700000166893005]]]

    Source: Vaswani et al., "Attention is all you need", arXiv:1706.03762, equation 1.
    """
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    check_shapes(q.shape, k.shape, v.shape)
    dropout_p = check_probability(OP, dropout_p, "dropout_p")
    allowed, added = None, []
    if boolean(OP, "is_causal", is_causal):
        if attn_mask is not None:
            raise ValueError(f"{OP}: attn_mask must be None where is_causal is True")
        allowed = np.tri(q.shape[-2], k.shape[-2], dtype=bool)
    elif attn_mask is not None:
        mask = as_tensor(attn_mask)
        if mask.dtype == np.bool_:
            allowed = mask.data
        else:
            added = [mask]
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else real(OP, "scale", scale)
    return Attention(allowed, dropout_p, scale)(q, k, v, *added)
