"""Losses with margins against their definitions, written out in Python's floats."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.nn import functional as F
from tests.central_differences import assert_gradients

REDUCTIONS = {"none": lambda x: x, "sum": np.sum, "mean": np.mean}
seeds = st.integers(0, 2**32)
reductions = st.sampled_from(list(REDUCTIONS))


def drawn(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape) * 2


def signs(seed: int, N: int) -> np.ndarray:
    return np.random.default_rng(seed).choice([-1.0, 1.0], N)


def equal(got: object, values: list[float], reduction: str) -> None:
    """Sums of at most 25 float64 terms: within 1e-12 of their sizes."""
    expected = REDUCTIONS[reduction](np.array(values))
    np.testing.assert_allclose(got.data, expected, rtol=1e-12, atol=1e-12)  # type: ignore[attr-defined]


@given(seeds, st.integers(1, 6), st.floats(0, 2), reductions)
def test_pairs(seed: int, N: int, margin: float, reduction: str) -> None:
    a, b, y = drawn(seed, N), drawn(seed + 1, N), signs(seed, N)
    rows = list(zip(a.tolist(), b.tolist(), y.tolist()))
    got = F.margin_ranking_loss(a, b, y, margin, reduction=reduction)
    equal(got, [max(0.0, margin - t * (u - v)) for u, v, t in rows], reduction)
    got = F.hinge_embedding_loss(a, y, margin, reduction=reduction)
    equal(got, [u if t == 1 else max(0.0, margin - u) for u, _, t in rows], reduction)
    got = F.soft_margin_loss(a, y, reduction=reduction)
    equal(got, [np.log1p(np.exp(-t * u)) for u, _, t in rows], reduction)


@given(seeds, st.integers(1, 5), st.integers(1, 5), st.booleans(), reductions)
def test_vectors(seed: int, N: int, D: int, swap: bool, reduction: str) -> None:
    a, p, n = (drawn(seed + i, N, D) for i in range(3))
    y = signs(seed, N)
    # torch adds 1e-12 to the squared lengths
    cosines = [u @ v / np.sqrt((u @ u + 1e-12) * (v @ v + 1e-12)) for u, v in zip(a, p)]
    each = [1 - c if t == 1 else max(0.0, c - 0.25) for c, t in zip(cosines, y)]
    equal(F.cosine_embedding_loss(a, p, y, 0.25, reduction=reduction), each, reduction)

    def distance(u: np.ndarray, v: np.ndarray) -> float:
        return float(np.sqrt(np.sum((u - v + 1e-6) ** 2)))

    each = []
    for u, v, w in zip(a, p, n):
        far = min(distance(u, w), distance(v, w)) if swap else distance(u, w)
        each.append(max(0.0, distance(u, v) - far + 0.7))
    equal(F.triplet_margin_loss(a, p, n, 0.7, swap=swap, reduction=reduction), each, reduction)
    again = F.triplet_margin_with_distance_loss(a, p, n, margin=0.7, swap=swap, reduction=reduction)
    equal(again, each, reduction)


@given(seeds, st.integers(1, 5), st.integers(2, 5), st.sampled_from([1, 2]), reductions)
def test_classes(seed: int, N: int, C: int, p: int, reduction: str) -> None:
    rng = np.random.default_rng(seed)
    x, target, weight = drawn(seed, N, C), rng.integers(0, C, N), rng.uniform(0.5, 2, C)
    each = [
        sum(weight[t] * max(0.0, 0.5 - r[t] + r[j]) ** p for j in range(C) if j != t) / C
        for r, t in zip(x, target)
    ]
    equal(F.multi_margin_loss(x, target, p, 0.5, weight, reduction=reduction), each, reduction)

    lists = np.full((N, C), -1)
    for row in lists:
        chosen = rng.permutation(C)[: rng.integers(0, C + 1)]
        row[: len(chosen)] = chosen
    each = []
    for r, row in zip(x, lists.tolist()):
        right = row[: row.index(-1)] if -1 in row else row
        wrong = [i for i in range(C) if i not in right]
        each.append(sum(max(0.0, 1 - (r[j] - r[i])) for j in right for i in wrong) / C)
    equal(F.multilabel_margin_loss(x, lists, reduction=reduction), each, reduction)

    flags = rng.integers(0, 2, (N, C)).astype(float)
    sigmoid = 1 / (1 + np.exp(-x))
    cost = -(flags * np.log(sigmoid) + (1 - flags) * np.log(1 - sigmoid)) * weight
    got = F.multilabel_soft_margin_loss(x, flags, weight, reduction=reduction)
    equal(got, cost.mean(1).tolist(), reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradients_equal_central_differences(reduction: str) -> None:
    a, b, c = (drawn(i, 4, 3) for i in range(3))
    y = signs(0, 4)
    by = {"reduction": reduction}
    assert_gradients(lambda u, v: F.margin_ranking_loss(u, v, y[:, None], 0.3, **by), a, b)
    assert_gradients(lambda u: F.hinge_embedding_loss(u, y[:, None], **by), a)
    assert_gradients(lambda u, v: F.cosine_embedding_loss(u, v, y, -0.2, **by), a, b)
    assert_gradients(partial(F.triplet_margin_loss, margin=2.0, swap=True, **by), a, b, c)
    assert_gradients(lambda u: F.soft_margin_loss(u, y[:, None], **by), a)
    assert_gradients(lambda u: F.multi_margin_loss(u, [0, 1, 2, 0], 2, **by), a)
    lists = np.array([[0, -1, 1], [1, 2, -1], [-1, 0, 1], [2, 0, 1]])
    assert_gradients(lambda u: F.multilabel_margin_loss(u, lists, **by), a)
    flags = (c > 0).astype(float)
    assert_gradients(lambda u: F.multilabel_soft_margin_loss(u, flags, **by), a)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.margin_ranking_loss([1.0], [1.0], [1.0], reduction="x"), ValueError, "margin_r"),
        (lambda: F.hinge_embedding_loss([1.0] * 2, [1.0] * 3), ValueError, "hinge_embedding_loss:"),
        (lambda: F.cosine_embedding_loss([[1.0]], [[1.0]], [[1.0]]), ValueError, "cosine_embeddin"),
        (
            lambda: F.triplet_margin_loss([1.0], [1.0], [1.0], 0.0),
            ValueError,
            "triplet_margin_loss: margin",
        ),
        (lambda: F.soft_margin_loss([1], [1]), TypeError, "soft_margin_loss: x must be floating"),
        (lambda: F.multi_margin_loss([[1.0]], [1]), ValueError, "multi_margin_loss: target must h"),
        (
            lambda: F.multi_margin_loss([[1.0]], [0.0]),
            TypeError,
            "multi_margin_loss: target must b",
        ),
        (lambda: F.multi_margin_loss([[1.0]], [0], 3), ValueError, "multi_margin_loss: p must be"),
        (
            lambda: F.multi_margin_loss([[1.0]], [0], weight=[1.0, 2.0]),
            ValueError,
            "multi_margin_l",
        ),
        (
            lambda: F.multilabel_margin_loss([[1.0]], [[-2]]),
            ValueError,
            "multilabel_margin_loss: t",
        ),
        (
            lambda: F.multilabel_soft_margin_loss(1.0, 1.0),
            ValueError,
            "multilabel_soft_margin_loss",
        ),
    ],
)
def test_errors_name_the_loss(call, error, text) -> None:
    with pytest.raises(error, match=f"^{text}"):
        call()
