"""cross_entropy's kernels on every instruction set, against SciPy and NumPy in higher precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from minicnn import Tensor, _core
from minicnn.ops.cross_entropy import CrossEntropyOfLabels, cross_entropy

DTYPES = [np.float32, np.float64]
INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("dtype", "wide", "least"), [(np.float32, np.float64, -105), (np.float64, np.longdouble, -750)]
)
def test_exp_is_right_to_the_unit_in_the_last_place_that_it_states(target, dtype, wide, least):
    rng = np.random.default_rng(0)
    ranges = [(least, -least), (-1, 1), (-1e-3, 1e-3), (least, least / 1.2)]
    x = np.concatenate([rng.uniform(low, high, 50_000) for low, high in ranges]).astype(dtype)
    if np.finfo(wide).nmant <= np.finfo(dtype).nmant + 8:
        pytest.skip("needs a wider type to compare with")
    with np.errstate(over="ignore", under="ignore"):
        expected = np.exp(x.astype(wide))
        unit = np.spacing(expected.astype(dtype)).astype(wide)
        finite = np.isfinite(expected.astype(dtype))
    error = np.abs(_core.exp(x).astype(wide) - expected)[finite] / unit[finite]
    assert error.max() < 1.1
    assert np.isinf(_core.exp(x)[~finite]).all()
    assert 0.4 < finite.mean() < 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_of_special_values(target, dtype):
    x = np.array([-INF, INF, NAN, 0.0, -0.0, np.finfo(dtype).min, np.finfo(dtype).max], dtype)
    np.testing.assert_array_equal(_core.exp(x), np.array([0, INF, NAN, 1, 1, 0, INF], dtype))


@st.composite
def samples(draw):
    """Draw the seed, sizes that leave every rest of a vector, and how large the scores are."""
    N, C = draw(st.integers(0, 40)), draw(st.integers(1, 40) | st.integers(1, 1000))
    return N, C, draw(st.sampled_from([0.01, 1, 30])), draw(st.integers(0, 2**32))


@pytest.mark.parametrize("dtype", DTYPES)
@given(sample=samples(), mean=st.booleans(), ignored=st.sampled_from([-100, 0]))
def test_loss_and_gradient_equal_scipys(target, dtype, sample, mean, ignored):
    N, C, scale, seed = sample
    rng = np.random.default_rng(seed)
    scores = (scale * rng.standard_normal((N, C))).astype(dtype)
    labels = np.where(rng.random(N) < 0.2, ignored, rng.integers(0, C, N))
    x = Tensor(scores, requires_grad=True)
    loss = cross_entropy(x, labels, ignore_index=ignored, reduction="mean" if mean else "sum")
    assert isinstance(loss.creator, CrossEntropyOfLabels)
    loss.backward()
    log_p = special.log_softmax(scores.astype(np.float64), axis=1)
    counts = labels != ignored
    divisor = max(counts.sum(), 1) if mean else 1
    each = -log_p[np.arange(N), np.where(counts, labels, 0)] * counts
    grad = np.exp(log_p)
    grad[np.arange(N), np.where(counts, labels, 0)] -= 1
    grad *= counts[:, np.newaxis] / divisor
    eps = float(np.finfo(dtype).eps)
    if mean and not counts.any():
        assert np.isnan(loss.item())
    else:  # x - max rounds once, relative to the largest score
        slack = 4 * eps * (float(np.abs(scores).max(initial=0)) + C) * (1 if mean else N + 1)
        assert loss.item() == pytest.approx(each.sum() / divisor, rel=4 * eps, abs=slack)
    assert x.grad.dtype == loss.dtype == dtype
    slack = (
        4 * eps * (1 + float(np.abs(scores).max(initial=0))) * np.exp(log_p) / divisor
        + 2 * eps / divisor
    )
    assert (np.abs(x.grad - grad) <= slack).all()


@pytest.mark.parametrize("C", [3, 10, 37])
def test_infinities_and_nan_stay_in_their_sample(target, C):
    rng = np.random.default_rng(C)
    scores = rng.standard_normal((6, C)).astype(np.float32)
    clean = scores.copy()
    scores[1, 1], scores[2, 1], scores[3, 0] = NAN, INF, -INF
    scores[4] = -INF
    x, plain = Tensor(scores, requires_grad=True), Tensor(clean, requires_grad=True)
    cross_entropy(x, [1] * 6, reduction="sum").backward()
    cross_entropy(plain, [1] * 6, reduction="sum").backward()
    assert np.isnan(x.grad[[1, 2, 4]]).all()
    assert x.grad[3, 0] == 0
    np.testing.assert_array_equal(x.grad[[0, 5]], plain.grad[[0, 5]])
    assert cross_entropy(scores[3:4], [0]).item() == INF


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(64, 10), (700, 10), (33, 1000), (5000, 3)])
def test_bits_do_not_depend_on_the_number_of_threads(dtype, shape):
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal(shape).astype(dtype), rng.integers(0, shape[1], shape[0])
    results = []
    for threads in (1, 2, 3, 7):
        _core.set_num_threads(threads)
        x = Tensor(scores, requires_grad=True)
        loss = cross_entropy(x, labels)
        loss.backward()
        results.append((loss.data.tobytes(), x.grad.tobytes()))
    assert results[1:] == results[:1] * 3


def test_labels_may_change_between_the_passes():
    x, labels = Tensor(np.zeros((2, 3), np.float32), requires_grad=True), np.array([0, 1])
    loss = cross_entropy(x, labels, reduction="sum")
    labels[:] = 10**6
    loss.backward()
    np.testing.assert_allclose(x.grad, [[-2 / 3, 1 / 3, 1 / 3], [1 / 3, -2 / 3, 1 / 3]], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, ">i8"])
def test_labels_of_any_integer_dtype_use_the_kernel(dtype):
    scores = Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    loss = cross_entropy(scores, np.array([0, 1, 2], dtype))
    assert isinstance(loss.creator, CrossEntropyOfLabels)
    assert loss.item() == cross_entropy(scores, [0, 1, 2]).item()
