"""nll_loss against its definition, one sample at a time (tests/reference_classes.py)."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.nll_loss import nll_loss
from tests import reference_classes as ref
from tests.central_differences import assert_gradients


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=hnp.array_shapes(min_dims=2, max_dims=4, max_side=6),
    seed=st.integers(0, 2**32),
    weighted=st.booleans(),
    ignore_index=st.sampled_from([-100, 0, 7]),
    reduction=st.sampled_from(["mean", "sum", "none"]),
)
def test_loss_and_gradient_equal_the_definition(
    dtype, shape, seed, weighted, ignore_index, reduction
):
    rng = np.random.default_rng(seed)
    log_p = (-rng.exponential(3, shape)).astype(dtype)
    labels = rng.integers(0, shape[1], (shape[0], *shape[2:]))
    labels = np.where(rng.random(labels.shape) < 0.2, ignore_index, labels)
    weight = rng.uniform(0.1, 3, shape[1]).astype(dtype) if weighted else None
    setting = dict(weight=weight, ignore_index=ignore_index, reduction=reduction)
    got = nll_loss(log_p, labels, **setting)
    flat = log_p.reshape(*shape[:2], -1).astype(np.float64)
    loss, own = ref.nll(flat, labels.reshape(shape[0], -1), weight, ignore_index)
    expected = ref.reduced(loss.reshape(labels.shape), reduction, own.sum())
    assert got.dtype == dtype
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got.data, expected, rtol=8 * np.finfo(dtype).eps)


def test_gradients_equal_central_differences():
    rng = np.random.default_rng(0)
    log_p, labels = rng.standard_normal((3, 4, 2)), [[0, 3], [1, -1], [2, 2]]
    for reduction in ("mean", "sum", "none"):
        for weight in (None, rng.uniform(1, 2, 4)):
            setting = dict(weight=weight, ignore_index=-1, reduction=reduction)
            assert_gradients(partial(nll_loss, target=labels, **setting), log_p)


def test_one_sample_needs_no_batch():
    loss = nll_loss([-1.0, -2.0, -4.0], 2)
    assert loss.shape == ()
    assert loss.item() == 4


def test_minus_infinity_counts_only_where_it_is_the_right_class():
    x = Tensor([[-np.inf, -1.0], [-np.inf, -2.0]], requires_grad=True)
    assert nll_loss(x, [1, 1]).item() == 1.5
    loss = nll_loss(x, [1, 0], reduction="none")
    assert loss.tolist() == [1.0, np.inf]
    loss.backward(np.ones(2))
    assert x.grad.tolist() == [[0.0, -1.0], [-1.0, 0.0]]


def test_errors_name_the_argument():
    log_p = np.zeros((2, 3), np.float32)
    with pytest.raises(
        ValueError, match=r"^nll_loss: target\[1\] = 3 is not one of the 3 classes 0 t"
    ):
        nll_loss(log_p, [0, 3])
    with pytest.raises(
        ValueError, match=r"^nll_loss: target with class indices must have shape \(2,"
    ):
        nll_loss(log_p, [[0], [1]])
    with pytest.raises(TypeError, match="nll_loss: target must hold class indices of an int"):
        nll_loss(log_p, log_p)
    with pytest.raises(ValueError, match="nll_loss: input must have at least one class, got"):
        nll_loss(np.zeros((2, 0)), [0, 0])
    with pytest.raises(ValueError, match=r"^nll_loss: input must have shape \(C,\), \(N, C\) or"):
        nll_loss(np.float32(1), 0)
