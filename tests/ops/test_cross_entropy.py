"""cross_entropy against its definition, one sample at a time (tests/reference_classes.py)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn import Tensor
from minicnn.ops.cross_entropy import cross_entropy
from tests import reference_classes as ref
from tests.central_differences import assert_gradients
from tests.machine import cases

DTYPES = [np.float32, np.float64]


@st.composite
def problems(draw):
    """Draw logits, labels (some ignored), their shape (N, d1, ...) and the settings."""
    batch = draw(st.just(()) | st.tuples(st.integers(0, 6)))
    extra = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3)) if batch else ()
    C = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = draw(st.sampled_from([1, 20])) * rng.standard_normal((*batch, C, *extra))
    setting = dict(
        weight=draw(st.none() | st.just(rng.uniform(0.1, 3, C))),
        reduction=draw(st.sampled_from(["mean", "sum", "none"])),
        label_smoothing=draw(st.sampled_from([0.0, 0.1, 1.0])),
    )
    ignore_index = draw(st.sampled_from([-100, 0, C - 1, 2**62]))
    labels = rng.integers(0, C, (*batch, *extra))
    labels = np.where(rng.random(labels.shape) < 0.2, ignore_index, labels)
    return x, labels, ignore_index, setting, rng


def three_axes(x):
    """Return x as (N, C, D)."""
    return (
        x.reshape(1, -1, 1) if x.ndim == 1 else x.reshape(*x.shape[:2], int(np.prod(x.shape[2:])))
    )


@pytest.mark.parametrize("dtype", DTYPES)
@given(problem=problems())
def test_loss_of_labels_equals_the_definition(dtype, problem):
    x, labels, ignore_index, setting, _ = problem
    x = x.astype(dtype)
    weight, reduction = setting["weight"], setting["reduction"]
    if weight is not None:
        setting["weight"] = weight = weight.astype(dtype)
    got = cross_entropy(x, labels, ignore_index=ignore_index, **setting)
    x = three_axes(x).astype(np.float64)
    flat = labels.reshape(x.shape[0], x.shape[2])
    log_p = special.log_softmax(x, axis=1)
    loss, own = ref.nll(log_p, flat, weight, ignore_index, setting["label_smoothing"])
    expected = ref.reduced(loss.reshape(labels.shape), reduction, own.sum())
    assert got.dtype == dtype
    tolerance = (1e-5 if dtype == np.float32 else 1e-13) * max(1, abs(x).max(initial=0))
    np.testing.assert_allclose(got.data, expected, rtol=tolerance, atol=tolerance)
    assert got.shape == np.shape(expected)


@pytest.mark.parametrize("dtype", DTYPES)
@given(problem=problems())
def test_loss_of_probabilities_equals_the_definition(dtype, problem):
    x, _, _, setting, rng = problem
    target = special.softmax(rng.standard_normal(x.shape), axis=min(1, x.ndim - 1)).astype(dtype)
    x = x.astype(dtype)
    weight, reduction = setting["weight"], setting["reduction"]
    if weight is not None:
        setting["weight"] = weight = weight.astype(dtype)
    got = cross_entropy(x, target, **setting)
    wide, flat = three_axes(x).astype(np.float64), three_axes(target).astype(np.float64)
    loss = ref.cross_entropy(wide, flat, weight, setting["label_smoothing"])
    expected = ref.reduced(loss, reduction, loss.size)
    tolerance = (1e-5 if dtype == np.float32 else 1e-13) * max(1, abs(wide).max(initial=0))
    np.testing.assert_allclose(got.data.ravel(), np.ravel(expected), rtol=tolerance, atol=tolerance)
    assert got.shape == (x.shape[:1] * (x.ndim > 1) + x.shape[2:] if reduction == "none" else ())


@given(problem=problems())
@cases(60)
def test_gradients_equal_central_differences(problem):
    x, labels, ignore_index, setting, rng = problem
    x = x / abs(x).max(initial=1)
    if setting["reduction"] == "mean" and (labels == ignore_index).all():
        setting["reduction"] = "sum"  # the mean over nothing is NaN
    assert_gradients(lambda t: cross_entropy(t, labels, ignore_index=ignore_index, **setting), x)
    if x.size:
        assert_gradients(lambda t, q: cross_entropy(t, q, **setting), x, rng.random(x.shape))


def test_torchs_documented_example_of_the_mean():
    """With weights, "mean" divides by the sum of the weights of the labels."""
    x, weight = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 0.0]]), np.array([1.0, 3.0])
    each = [np.log(1 + np.exp(1.0)), 3 * np.log(1 + np.exp(2.0)), np.log(2.0)]
    got = cross_entropy(x, [0, 1, 0], weight).item()
    assert got == pytest.approx(sum(each) / 5, rel=1e-14)


def test_samples_that_are_ignored_get_no_gradient():
    x = Tensor(np.random.default_rng(0).standard_normal((4, 3)), requires_grad=True)
    cross_entropy(x, [0, -100, 2, -100]).backward()
    assert (x.grad[[1, 3]] == 0).all()
    assert (x.grad[[0, 2]] != 0).all()


def test_the_mean_over_no_sample_is_nan():
    assert np.isnan(cross_entropy(np.zeros((0, 3)), np.zeros(0, int)).item())
    assert np.isnan(cross_entropy(np.zeros((2, 3)), [-100, -100]).item())
    assert cross_entropy(np.zeros((0, 3)), np.zeros(0, int), reduction="sum").item() == 0


def test_infinities_are_defined():
    inf = np.inf
    x = Tensor([[-inf, 0.0, 0.0], [0.0, -inf, 0.0]], requires_grad=True)
    loss = cross_entropy(x, [1, 1], reduction="none")
    np.testing.assert_allclose(loss.data, [np.log(2), inf], rtol=1e-6)
    loss.backward(np.ones(2))
    np.testing.assert_allclose(x.grad, [[0, -0.5, 0.5], [0.5, -1, 0.5]])
    for bad in ([inf, 0.0, 0.0], [np.nan, 0.0, 0.0], [-inf, -inf, -inf]):
        assert np.isnan(cross_entropy([bad], [1]).item())


@pytest.mark.parametrize(
    ("target", "setting", "message"),
    [
        (
            [0, 9, 10, -1],
            {},
            r"target\[2\] = 10 is not one of the 10 classes 0 to 9 \(input has shape",
        ),
        ([0, 9, 10, 3], {}, r"target\[2\] = 10 is not one of the 10 classes"),
        ([0, 9, -1, 3], {}, r"target\[2\] = -1 is not one of .*, nor ignore_index = -100$"),
        ([0, -100, 1, 3], dict(ignore_index=0), r"target\[1\] = -100 is not one of"),
        (
            [0, 1, 2],
            {},
            r"target with class indices must have shape \(4,\) for input with shape \(4, 10",
        ),
        ([[0, 1, 2, 3]], {}, r"target with class indices must have shape \(4,\)"),
        (
            [0, 1, 2, 3],
            dict(reduction="avg"),
            "reduction must be 'mean', 'sum' or 'none', got 'avg'$",
        ),
        (
            [0, 1, 2, 3],
            dict(label_smoothing=-0.1),
            r"label_smoothing must be in \[0, 1\], got -0\.1$",
        ),
        (
            [0, 1, 2, 3],
            dict(weight=np.ones(9, np.float32)),
            r"weight must have shape \(10,\), one value for each class, got shape \(9,\)$",
        ),
    ],
)
def test_errors_name_the_first_bad_label_or_the_argument(target, setting, message):
    with pytest.raises(ValueError, match="^cross_entropy: " + message):
        cross_entropy(np.zeros((4, 10), np.float32), target, **setting)


def test_a_bad_label_of_an_image_is_named_by_its_pixel():
    labels = np.zeros((2, 3, 4), int)
    labels[1, 2, 0] = 5
    with pytest.raises(
        ValueError, match=r"target\[1, 2, 0\] = 5 is not one of the 5 classes 0 to 4"
    ):
        cross_entropy(np.zeros((2, 5, 3, 4), np.float32), labels)


@pytest.mark.parametrize(
    ("input", "target", "message"),
    [
        (
            np.zeros((4, 3), np.float32),
            [0.0, 1.0, 2.0, 0.0],
            "target must hold class indices of an int",
        ),
        (
            np.zeros((4, 3), np.float32),
            np.zeros((4, 3)),
            "target with class probabilities must have th",
        ),
        (
            np.zeros((4, 3), np.float32),
            np.zeros(4, bool),
            "target must hold class indices of an integ",
        ),
        (np.zeros((4, 3), int), [0, 1, 2, 0], "input must be float32 or float64, got int64"),
    ],
)
def test_wrong_types_are_type_errors(input, target, message):
    with pytest.raises(TypeError, match="^cross_entropy: " + message):
        cross_entropy(input, target)
    with pytest.raises(
        TypeError, match="weight must have the dtype of input, float32, got float64"
    ):
        cross_entropy(np.zeros((1, 3), np.float32), [0], np.ones(3))
