"""NaN and infinity: operations that choose, compare or judge, each row of docs/nan.md."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, ops
from minicnn.nn import functional as F
from tests.machine import scaled
from tests.promises import table

CASES = scaled(500, most=500)
nan, inf = np.nan, np.inf
SPECIAL = np.array([nan, inf, -inf, -inf, 0.0, -0.0, 1.5, -2.0])


def arrays(*shapes: tuple[int, ...], seed: int = 0) -> Iterator[list[np.ndarray]]:
    """Draw arrays of special and plain numbers, 500 times."""
    rng = np.random.default_rng(seed)
    for _ in range(CASES):
        few = rng.choice(SPECIAL, rng.integers(1, 4))  # often equal numbers, often all -inf
        yield [
            rng.choice(few, shape).astype(rng.choice([np.float32, np.float64])) for shape in shapes
        ]


def same(got: np.ndarray | Tensor, expected: object) -> None:
    np.testing.assert_array_equal(np.asarray(getattr(got, "data", got)), np.asarray(expected))


def first_of_the_largest(row: list[float]) -> int:
    """Return the place of the first NaN, else of the first of the largest."""
    for i, value in enumerate(row):
        if math.isnan(value):
            return i
    return row.index(max(row))


def first_of_the_smallest(row: list[float]) -> int:
    return first_of_the_largest([-value for value in row])


# -- maxima and minima ----------------------------------------------------------------------------

CHOOSE = {"max": first_of_the_largest, "min": first_of_the_smallest}


@pytest.mark.parametrize("kind", CHOOSE)
def test_a_maximum_or_minimum_is_the_first_nan_or_the_first_of_its_equals(kind: str) -> None:
    for (x,) in arrays((3, 5)):
        places = [CHOOSE[kind](row) for row in x.tolist()]
        chosen = x[range(3), places]
        values, indices = getattr(ops, kind)(x, 1)
        same(values, chosen)
        same(indices, places)
        same(getattr(ops, f"a{kind}")(x, 1), chosen)
        same(getattr(ops, f"arg{kind}")(x, 1), places)
        whole = x.ravel()[CHOOSE[kind](x.ravel().tolist())]
        same(getattr(ops, kind)(x), whole)


def test_topk_counts_nan_as_the_largest() -> None:
    for (x,) in arrays((6,)):
        order = sorted(
            range(6), key=lambda i: (not math.isnan(x[i]), -x[i] if x[i] == x[i] else 0, i)
        )
        for largest in (True, False):
            values, indices = ops.topk(x, 4, largest=largest)
            expected = order[:4] if largest else order[::-1][:4]
            same(values, x[expected])
            same(x[indices.data], values.data)
            assert len(set(indices.tolist())) == 4


@pytest.mark.parametrize("kind", ["maximum", "minimum"])
def test_of_two_numbers_nan_wins(kind: str) -> None:
    for a, b in arrays((4, 3), (4, 3)):
        b = b.astype(a.dtype)
        choose = CHOOSE[kind[:3]]
        expected = [(x, y)[choose([x, y])] for x, y in zip(a.ravel().tolist(), b.ravel().tolist())]
        same(getattr(ops, kind)(a, b), np.array(expected, a.dtype).reshape(a.shape))


def windows(size: int, kernel: int, stride: int, padding: int, dilation: int) -> list[list[int]]:
    """Return the pixels of each window along an axis; padding is none."""
    count = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    starts = [out * stride - padding for out in range(count)]
    cells = [[start + k * dilation for k in range(kernel)] for start in starts]
    return [[p for p in window if 0 <= p < size] for window in cells]


@pytest.mark.parametrize("axes", [1, 2])
def test_max_pooling_propagates_the_first_nan_and_never_chooses_padding(axes: int) -> None:
    rng = np.random.default_rng(1)
    for (x,) in arrays((2, 1, *(7, 5)[:axes])):
        kernel, stride, dilation = (
            int(rng.integers(1, 4)),
            int(rng.integers(1, 4)),
            int(rng.integers(1, 3)),
        )
        padding = int(rng.integers(0, kernel // 2 + 1))
        along = [windows(size, kernel, stride, padding, dilation) for size in x.shape[2:]]
        y, places = getattr(F, f"max_pool{axes}d")(
            x, kernel, stride, padding, dilation, return_indices=True
        )
        W = x.shape[-1] if axes == 2 else 1
        for out in np.ndindex(y.shape):
            plane = x[out[:2]].ravel()
            columns = along[1][out[3]] if axes == 2 else [0]
            pixels = [h * W + w for h in along[0][out[2]] for w in columns]
            if not pixels:  # a window between the pixels, by dilation
                assert y.data[out] == -inf
                continue
            best = pixels[first_of_the_largest(plane[pixels].tolist())]
            assert places.data[out] == best
            same(y.data[out], plane[best])


@pytest.mark.parametrize("axes", [1, 2])
def test_adaptive_max_pooling_does_the_same(axes: int) -> None:
    rng = np.random.default_rng(2)
    for (x,) in arrays((2, 1, *(7, 5)[:axes])):
        size = tuple([int(rng.integers(1, 5)) for _ in range(axes)])
        y, places = getattr(F, f"adaptive_max_pool{axes}d")(x, size, return_indices=True)
        W = x.shape[-1] if axes == 2 else 1
        for out in np.ndindex(y.shape):
            spans = [
                range(o * n // s, -(-(o + 1) * n // s))
                for o, n, s in zip(out[2:], x.shape[2:], size)
            ]
            pixels = [h * W + w for h in spans[0] for w in (spans[1] if axes == 2 else [0])]
            plane = x[out[:2]].ravel()
            best = pixels[first_of_the_largest(plane[pixels].tolist())]
            assert places.data[out] == best
            same(y.data[out], plane[best])


# -- bounds, comparisons, arithmetic --------------------------------------------------------------


def test_bounds_leave_a_nan() -> None:
    for (x,) in arrays((4, 3)):
        numbers = x.ravel().tolist()
        clamped = [v if math.isnan(v) else min(max(v, -1.0), 1.25) for v in numbers]
        same(ops.clamp(x, -1.0, 1.25).data.ravel(), clamped)
        cut = [v if math.isnan(v) or v > 0.5 else 7.0 for v in numbers]
        same(F.threshold(x, 0.5, 7.0).data.ravel(), cut)
        leaky = [v if math.isnan(v) or v > 0 else 0.5 * v for v in numbers]
        same(F.prelu(x, np.full(3, 0.5, x.dtype)).data.ravel(), leaky)


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_comparisons_with_nan_are_false_but_for_ne(name: str) -> None:
    compare: Callable[[float, float], bool] = getattr(operator, name)
    for a, b in arrays((4, 3), (4, 3)):
        expected = [compare(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist())]
        same(getattr(ops, name)(a, b.astype(a.dtype)).data.ravel(), expected)


def divided(a: float, b: float) -> float:
    if b == 0:
        return nan if a == 0 or math.isnan(a) else math.copysign(inf, a) * math.copysign(1, b)
    return a / b


ARITHMETIC = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": divided}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_is_that_of_ieee_754(name: str) -> None:
    for a, b in arrays((4, 3), (4, 3)):
        pairs = zip(a.ravel().tolist(), b.ravel().tolist())
        expected = np.array([ARITHMETIC[name](x, y) for x, y in pairs], a.dtype)
        same(getattr(ops, name)(a, b.astype(a.dtype)).data.ravel(), expected)
    same(ops.pow(Tensor([nan, inf, -inf, 1.0]), 0), np.ones(4))
    same(ops.pow(Tensor([1.0, 1.0]), Tensor([nan, -inf])), np.ones(2))
    same(ops.prod(Tensor([2.0, inf, -1.0])), -inf)
    assert np.isnan(ops.prod(Tensor([0.0, inf])).data)


# -- rows -----------------------------------------------------------------------------------------


def probabilities(row: list[float]) -> list[float]:
    """Softmax by its definition, from the finite numbers of a row."""
    if any(v in (inf,) or math.isnan(v) for v in row) or all(v == -inf for v in row):
        return [nan] * len(row)
    return [math.exp(v) / sum([math.exp(w) for w in row]) for v in row]


def test_softmax_and_logsumexp_of_infinities() -> None:
    for (x,) in arrays((3, 4)):
        rows = x.tolist()
        p = np.array([probabilities(row) for row in rows])
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        mirrored = np.array([probabilities([-v for v in row]) for row in rows])
        for got, expected in (
            (F.softmax(x, 1), p),
            (F.log_softmax(x, 1), log_p),
            (F.softmin(x, 1), mirrored),
        ):
            np.testing.assert_allclose(got.data, expected, rtol=1e-5)
        sums = [
            nan if any(map(math.isnan, row)) else
            max(row) if math.isinf(max(row)) else math.log(sum(map(math.exp, row)))
            for row in rows
        ]  # fmt: skip
        np.testing.assert_allclose(ops.logsumexp(x, 1).data, sums, rtol=1e-5, atol=1e-6)


def test_cross_entropy_of_infinities() -> None:
    rng = np.random.default_rng(3)
    for (x,) in arrays((3, 4)):
        target = rng.integers(0, 4, 3)
        p = np.array([probabilities(row) for row in x.tolist()])[range(3), target]
        with np.errstate(divide="ignore"):
            expected = -np.log(p)
        loss = F.cross_entropy(x, target, reduction="none")
        np.testing.assert_allclose(loss.data, expected, rtol=1e-5, atol=1e-7)
        same(F.nll_loss(x, target, reduction="none"), -x[range(3), target])


def test_attention_to_nothing_is_0_and_a_masked_value_still_shows_a_nan() -> None:
    q, k = np.ones((2, 2, 3)), np.ones((2, 4, 3))
    value = np.ones((2, 4, 1))
    mask = np.array([[True, True, False, False], [False] * 4])
    same(F.scaled_dot_product_attention(q, k, value, mask), [[[1], [0]]] * 2)
    value[0, 3, 0] = nan
    same(F.scaled_dot_product_attention(q, k, value, mask), [[[nan], [nan]], [[1], [0]]])


def test_an_infinity_among_statistics_of_given_mean_and_in_windows_of_channels() -> None:
    x = np.ones((2, 3, 4))
    x[0, 1, 2], x[1, 2, 0] = inf, nan
    weight = np.array([1.0, -2.0, 1.0])
    given = np.zeros(3), np.ones(3)
    y = F.batch_norm(x, *given, weight, None).data
    assert y[0, 1, 2] == -inf
    assert np.isnan(y[1, 2, 0])
    assert np.isfinite(y).sum() == y.size - 2
    trained = np.isnan(F.batch_norm(x, None, None, weight, None, training=True).data)
    same(trained, np.broadcast_to(np.array([False, True, True])[:, None], x.shape))
    y = F.local_response_norm(np.array([1, inf, 1, 1, 1.0]).reshape(1, 5, 1), 3).data.ravel()
    same(y[:3], [0, nan, 0])
    assert np.isfinite(y[3:]).all()


def test_normalize_and_gates_of_infinities() -> None:
    same(F.normalize(np.array([[3.0, inf], [-inf, 1.0]])), [[0, nan], [nan, 0]])
    same(F.glu(np.array([inf, 2.0, inf, inf, inf, -inf])), [inf, 2, nan])


def test_dropout_hides_no_nan() -> None:
    minicnn.manual_seed(0)
    for (x,) in arrays((3, 4, 2)):
        mask = np.isnan(x)
        for name in ("dropout", "dropout1d", "dropout2d"):
            y = table.operation(f"F.{name}")(x).data
            assert np.isnan(y[mask]).all()
            assert not np.isnan(y[np.isfinite(x)]).any()


# -- losses ---------------------------------------------------------------------------------------


def test_losses_of_differences_of_infinities() -> None:
    for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"):
        loss = getattr(F, name)
        same(
            loss([nan, inf, -inf, inf], [1.0, 1.0, 1.0, inf], reduction="none"),
            [nan, inf, inf, nan],
        )
        for reduction in ("mean", "sum"):
            assert np.isnan(loss([nan, 1.0], [1.0, 1.0], reduction=reduction).data)


def test_losses_of_probabilities_and_scores() -> None:
    for bad in (nan, inf, -inf):
        with pytest.raises(ValueError, match=r"probabilities in \[0, 1\], got"):
            F.binary_cross_entropy([bad], [1.0])
    same(F.binary_cross_entropy([0.0, 1.0], [1.0, 0.0], reduction="none"), [100, 100])
    x = Tensor([nan, inf, inf, -inf], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, [0.0, 0.0, 1.0, 0.0], reduction="none")
    same(loss, [nan, inf, nan, nan])
    loss.backward(np.ones(4, np.float32))
    same(np.asarray(x.grad), [nan, 1, 0, 0])
    same(F.kl_div([nan, -inf, -inf, 0.0], [0.0, 0.0, 0.5, 0.0], reduction="none"), [nan, 0, inf, 0])
    gone = F.kl_div([nan, -inf, 0.0], [-inf, -inf, -inf], reduction="none", log_target=True)
    same(gone, [nan, 0, 0])
