"""batch_norm against its formulas in NumPy, for each step, instruction set and dtype."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, _core, set_num_threads
from minicnn.ops.batch_norm import ALGORITHMS, batch_norm
from minicnn.ops.normalization import instance_norm
from tests.central_differences import assert_gradients
from tests.machine import kernels_of
from tests.reference_batch_norm import before_relu, gradients, tolerances

KERNELS = kernels_of(ALGORITHMS)
DTYPES = [np.float32, np.float64]


@st.composite
def problems(draw):
    """Draw arrays in float64: x, weight, bias, residual, running mean and variance, grad_y."""
    plane = draw(
        st.sampled_from(
            [
                *[(), (1,), (1, 1), (7,), (3, 3), (5, 13), (16, 17), (1, 33), (64,), (2, 3, 5)],
                *[(2,), (2, 2), (2, 4), (4, 4), (8, 8)],  # whole numbers of these fill vectors
            ]
        )
    )
    N, C = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    if np.prod(plane) <= 4:  # more than are summed together, more than a task takes
        N, C = draw(st.sampled_from([N, 35, 64])), draw(st.sampled_from([C, 16, 70]))
    shape = (N, C, *plane)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    offset = draw(st.sampled_from([0, 3]))
    C = shape[1]
    return dict(
        x=offset + rng.standard_normal(shape),
        weight=rng.uniform(-2, 2, C),
        bias=rng.standard_normal(C),
        residual=rng.standard_normal(shape),
        running_mean=offset + rng.standard_normal(C),
        running_var=rng.uniform(0.1, 3, C),
        grad_y=rng.standard_normal(shape),
    )


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(
    problem=problems(),
    training=st.booleans(),
    relu=st.booleans(),
    with_residual=st.booleans(),
    affine=st.booleans(),
)
def test_values_and_gradients_equal_the_formulas(
    step, target, dtype, problem, training, relu, with_residual, affine
):
    _core.set_target(target)
    given_arrays = {name: a.astype(dtype) for name, a in problem.items()}
    wide = {name: a.astype(np.float64) for name, a in given_arrays.items()}
    x = wide["x"]
    n = x.size // x.shape[1]
    if training and n < 2:
        return
    if not affine:
        wide["weight"], wide["bias"] = np.ones(x.shape[1]), np.zeros(x.shape[1])
    if not with_residual:
        wide["residual"] = np.zeros(x.shape)
    axes = tuple(i for i in range(x.ndim) if i != 1)
    mean, var = wide.pop("running_mean"), wide.pop("running_var")
    running = [given_arrays["running_mean"].copy(), given_arrays["running_var"].copy()]
    new_running = [mean, var]
    if training:
        batch = x.mean(axis=axes), x.var(axis=axes)
        unbiased = x.var(axis=axes, ddof=1)
        new_running = [0.7 * mean + 0.3 * batch[0], 0.7 * var + 0.3 * unbiased]
        mean, var = batch

    tensors = {
        name: Tensor(given_arrays[name], requires_grad=True)
        for name, wanted in (
            ("x", True),
            ("weight", affine),
            ("bias", affine),
            ("residual", with_residual),
        )
        if wanted
    }
    eps = 1e-3
    y = batch_norm(
        tensors["x"],
        *running,
        tensors.get("weight"),
        tensors.get("bias"),
        training,
        0.3,
        eps,
        residual=tensors.get("residual"),
        relu=relu,
        algorithm=step,
    )
    y.backward(given_arrays["grad_y"])
    allowed = tolerances(**wide, mean=mean, var=var, eps=eps, dtype=dtype)
    grad_y = wide.pop("grad_y")
    before = before_relu(**wide, mean=mean, var=var, eps=eps)
    # where rounding decides on which side of ReLU's kink a value lies, the gradient must follow y
    passes = np.where(abs(before) <= allowed[0], y.data > 0, before > 0) if relu else True
    g = np.where(passes, grad_y, 0)
    expected = (
        np.maximum(before, 0) if relu else before,
        *gradients(x, wide["weight"], mean, var, g, eps, constant=not training),
        g,
    )
    names = ("y", "x", "weight", "bias", "residual")
    got = {"y": y.data, **{name: t.grad for name, t in tensors.items()}}
    for name, value, tolerance in zip(names, expected, allowed):
        if name in got:
            assert got[name].dtype == dtype
            assert got[name].shape == value.shape
            assert (abs(got[name] - value) <= tolerance).all(), name
    terms = abs(x).mean(axis=axes), (x**2).mean(axis=axes) * n / max(1, n - 1)
    for array, value, term in zip(running, new_running, terms):
        assert (abs(array - value) <= 8 * np.finfo(dtype).eps * (abs(value) + term)).all()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_gradients_equal_central_differences(training, relu):
    rng = np.random.default_rng(1)
    mean, var = rng.standard_normal(3), rng.uniform(1, 2, 3)

    def function(x, weight, bias, residual):
        running = mean.copy(), var.copy()
        return batch_norm(x, *running, weight, bias, training, residual=residual, relu=relu)

    x, residual = rng.standard_normal((2, 2, 3, 2, 2))
    assert_gradients(function, x, rng.uniform(1, 2, 3), rng.standard_normal(3), residual)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(8, 5, 31, 33), (64, 130), (3, 67, 4, 4)])
def test_results_do_not_depend_on_the_number_of_threads(shape, dtype):
    rng = np.random.default_rng(0)
    x, grad_y, residual = (rng.standard_normal(shape).astype(dtype) for _ in range(3))
    results = []
    for threads in (1, 2, 3):
        set_num_threads(threads)
        running = np.zeros(shape[1], dtype), np.ones(shape[1], dtype)
        t = Tensor(x, requires_grad=True)
        end = Tensor(residual, requires_grad=True)
        y = batch_norm(t, *running, training=True, residual=end, relu=True)
        y.backward(grad_y)
        results.append([a.tobytes() for a in (y.data, t.grad, end.grad, *running)])
    assert results[1:] == results[:1] * 2


def test_a_channel_of_one_repeated_value_becomes_the_bias():
    x = np.full((4, 2, 3, 3), 100, np.float32)
    for step in ALGORITHMS:
        y = batch_norm(x, None, None, None, np.float32([0.5, -2]), training=True, algorithm=step)
        # the mean is exact; x and mean are scaled by 1 / sqrt(eps) before they cancel
        allowed = 8 * np.finfo(np.float32).eps * 100 / np.sqrt(1e-5)
        assert (abs(y.data - np.array([0.5, -2]).reshape(2, 1, 1)) <= allowed).all()


def test_only_training_moves_the_running_arrays_and_in_place():
    x = np.random.default_rng(0).standard_normal((8, 3, 2, 2))
    mean, var = Tensor(np.zeros(3)), Tensor(np.ones(3))
    batch_norm(x, mean, var)
    assert mean.tolist() == [0, 0, 0]
    assert var.tolist() == [1, 1, 1]
    arrays = mean.data, var.data
    batch_norm(x, mean, var, training=True, momentum=1.0)
    assert mean.data is arrays[0]
    assert var.data is arrays[1]
    np.testing.assert_allclose(mean.data, x.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(var.data, x.var(axis=(0, 2, 3), ddof=1), rtol=1e-12)


def test_later_updates_do_not_change_a_gradient():
    x = Tensor(np.random.default_rng(0).standard_normal((4, 2)), requires_grad=True)
    mean, var = np.zeros(2), np.ones(2)
    y = batch_norm(x, mean, var, eps=1e-12)
    var *= 100
    y.backward(np.ones((4, 2)))
    np.testing.assert_allclose(x.grad, 1, rtol=1e-10)


def test_an_empty_batch_is_normalized_by_running_arrays_only():
    x = Tensor(np.zeros((0, 3, 4, 4), np.float32), requires_grad=True)
    running = np.zeros(3, np.float32), np.ones(3, np.float32)
    y = batch_norm(x, *running)
    y.backward(np.zeros(y.shape))
    assert y.shape == x.grad.shape == (0, 3, 4, 4)
    with pytest.raises(
        ValueError, match=r"more than 1 value per channel; x with shape \(0, 3, 4, 4\)"
    ):
        batch_norm(x, *running, training=True)


def test_any_layout_gives_the_bits_of_the_contiguous_array():
    wide = np.random.default_rng(0).standard_normal((6, 10, 8, 14))
    for view in (wide[::-2, ::3], wide.transpose(2, 3, 0, 1), wide.astype(">f8"), wide[:, :, ::2]):
        copy = np.ascontiguousarray(view, np.float64)
        expected = batch_norm(copy, None, None, training=True, residual=copy)
        got = batch_norm(view, None, None, training=True, residual=view)
        assert got.data.tobytes() == expected.data.tobytes()


ONES = np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("shape", "setting", "message"),
    [
        ((3,), {}, r"x must have shape \(N, C, \.\.\.\), and only N may be 0; got shape \(3,\)"),
        ((2, 0), {}, "x must have shape"),
        ((2, 3, 0), {}, "x must have shape"),
        (
            (1, 3),
            dict(training=True),
            r"more than 1 value per channel; x with shape \(1, 3\) has 1$",
        ),
        ((2, 3, 2), dict(eps=0), "eps must be positive, got 0"),
        ((2, 3, 2), dict(eps=-1e-5), "eps must be positive, got -1e-05"),
        ((2, 3, 2), dict(running_var=None), "running_mean and running_var must both be given"),
        ((2, 3, 2), dict(running_mean=None, running_var=None), "running_mean and running_var must"),
        (
            (2, 4),
            {},
            r"running_mean must have shape \(4,\), one value for each of x.shape\[1\] channels",
        ),
        (
            (2, 3),
            dict(weight=ONES[:2]),
            r"weight must have shape \(3,\), one value for each of x.shape",
        ),
        ((2, 3), dict(bias=ONES[None]), r"bias must have shape \(3,\), one value .* got \(1, 3\)"),
        ((2, 3), dict(residual=ONES), r"residual must have the shape of x, \(2, 3\), got \(3,\)"),
        ((2, 3), dict(algorithm="fast"), "algorithm must be one of 'auto', 'direct', 'vector'"),
    ],
)
def test_errors_name_the_argument_and_the_rule(shape, setting, message):
    arguments = dict(running_mean=ONES, running_var=ONES) | setting
    with pytest.raises(ValueError, match=f"^batch_norm: .*{message}"):
        batch_norm(np.zeros(shape, np.float32), **arguments)


def test_wrong_types_are_type_errors():
    x = np.zeros((2, 3), np.float32)
    for setting, message in (
        (
            dict(running_mean=np.zeros(3)),
            "running_mean must have the dtype of x, float32, got float64",
        ),
        (
            dict(running_mean=[0, 0, 0]),
            r"running_mean must be an array, for it is updated; got \[0",
        ),
        (
            dict(weight=np.ones(3)),
            "must all be float32 or all float64, got x float32, weight float64",
        ),
        (dict(training=1), "training must be True or False, got 1"),
        (dict(relu=None), "relu must be True or False, got None"),
    ):
        with pytest.raises(TypeError, match=f"^batch_norm: .*{message}"):
            batch_norm(x, **(dict(running_mean=ONES.copy(), running_var=ONES.copy()) | setting))


@pytest.mark.parametrize("fixed", ["running_mean", "running_var"])
@pytest.mark.parametrize("op", [batch_norm, instance_norm])
def test_running_arrays_that_cannot_be_written_are_refused_before_either_changes(op, fixed):
    arrays = dict(running_mean=np.zeros(3, np.float32), running_var=np.ones(3, np.float32))
    arrays[fixed].flags.writeable = False
    setting = dict(training=True) if op is batch_norm else {}
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    with pytest.raises(ValueError, match=f"^{op.__name__}: {fixed} must be writeable, for it is"):
        op(x, **arrays, **setting)
    assert arrays["running_mean"].tolist() == [0, 0, 0]
    assert arrays["running_var"].tolist() == [1, 1, 1]
