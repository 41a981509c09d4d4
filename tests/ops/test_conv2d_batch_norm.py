"""conv2d_batch_norm: the bits of its two operations in one pass, on every instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minicnn import Tensor, _core, no_grad
from minicnn.ops.batch_norm import batch_norm
from minicnn.ops.conv2d import conv2d
from minicnn.ops.conv2d_batch_norm import Conv2dBatchNorm, conv2d_batch_norm
from tests import reference, reference_batch_norm
from tests.machine import TARGETS, THREADS, cases, running_on, using_threads
from tests.reference import assert_same_bits
from tests.strategies import Conv2dCase, conv2d_cases

DTYPES = st.sampled_from([np.float32, np.float64])
OPTIONAL = ("bias", "norm_weight", "norm_bias", "residual")
# partial vectors, tiles over several images, several chunks of taps, Winograd's tiles at the border
SMALL_MAPS = Conv2dCase(5, 13, 19, (3, 5), (3, 3), padding=(1, 1))
LONG_SUMS = Conv2dCase(2, 70, 9, (5, 7), (3, 3), padding=(1, 1), stride=(2, 2))
GROUPS = Conv2dCase(3, 8, 12, (9, 17), (3, 2), groups=4)
WHOLE_VECTORS = Conv2dCase(2, 16, 16, (16, 16), (3, 3), padding=(1, 1))
TINY_MAPS = Conv2dCase(3, 12, 16, (2, 1), (3, 3), padding=(1, 1))  # less than a vector
EXAMPLES = (SMALL_MAPS, LONG_SUMS, GROUPS, WHOLE_VECTORS)


def arrays_of(case: Conv2dCase, dtype: Any) -> dict[str, np.ndarray]:
    """Draw all arguments that are arrays."""
    x, weight, bias, residual = case.floats()
    rng, C = np.random.default_rng(case.seed + 1), case.C_out
    drawn = dict(x=x, weight=weight, bias=bias, residual=residual)
    drawn |= dict(running_mean=rng.standard_normal(C), running_var=rng.uniform(0.1, 3, C))
    drawn |= dict(norm_weight=rng.uniform(-2, 2, C), norm_bias=rng.standard_normal(C))
    return {name: a.astype(dtype) for name, a in drawn.items()}


def apart(a: dict[str, Any], options: dict[str, Any], relu: bool, step: str) -> Tensor:
    y = conv2d(a["x"], a["weight"], a.get("bias"), **options, algorithm=step)
    norm = [a.get(n) for n in ("running_mean", "running_var", "norm_weight", "norm_bias")]
    return batch_norm(y, *norm, eps=1e-3, residual=a.get("residual"), relu=relu)


def together(a: dict[str, Any], options: dict[str, Any], relu: bool, step: str) -> Tensor:
    return conv2d_batch_norm(**a, **options, eps=1e-3, relu=relu, algorithm=step)


@given(
    case=conv2d_cases(),
    dtype=DTYPES,
    relu=st.booleans(),
    without=st.sets(st.sampled_from(OPTIONAL)),
)
@example(case=SMALL_MAPS, dtype=np.float32, relu=True, without=set())
@example(case=LONG_SUMS, dtype=np.float32, relu=True, without=set())
@example(case=GROUPS, dtype=np.float64, relu=False, without={"bias"})
@example(case=WHOLE_VECTORS, dtype=np.float32, relu=True, without={"bias", "residual"})
@example(case=WHOLE_VECTORS, dtype=np.float32, relu=False, without={"bias"})
@example(case=TINY_MAPS, dtype=np.float32, relu=True, without=set())
@example(case=TINY_MAPS, dtype=np.float32, relu=False, without=set())
@cases(80)
def test_one_pass_has_the_bits_of_two(case, dtype, relu, without):
    arrays = {name: a for name, a in arrays_of(case, dtype).items() if name not in without}
    x, weight, *_ = case.shapes
    serving = _core.conv2d_algorithms_for(x, weight, **case.options, dtype=np.dtype(dtype).name)
    for target in TARGETS:
        with running_on(target):
            for step in set(serving) - {"direct", "im2col"}:  # these know no instruction set
                one, two = (run(arrays, case.options, relu, step).data for run in (together, apart))
                assert_same_bits(one, two, f"{step} {target}")


@given(case=conv2d_cases().filter(lambda case: case.N > 0), dtype=DTYPES, relu=st.booleans())
@cases(60)
def test_every_exact_step_rounds_little(case, dtype, relu):
    """Against the formulas in float64 (or longdouble), within what both operations may round."""
    arrays = arrays_of(case, dtype)
    wide = {
        n: a.astype(np.float64 if dtype == np.float32 else np.longdouble) for n, a in arrays.items()
    }
    sums, cond = (
        reference.conv2d(f(wide["x"]), f(wide["weight"]), **case.options)
        + reference_batch_norm.column(f(wide["bias"]), wide["residual"])
        for f in (lambda a: a, abs)
    )
    end = [wide[n] for n in ("norm_weight", "norm_bias", "residual", "running_mean", "running_var")]
    expected = reference_batch_norm.before_relu(sums, *end, eps=1e-3)
    gain = abs(wide["norm_weight"]) / np.sqrt(wide["running_var"] + 1e-3)
    column = reference_batch_norm.column
    magnitude = (cond + column(abs(wide["running_mean"]), cond)) * column(gain, cond)
    magnitude += column(abs(wide["norm_bias"]), cond) + abs(wide["residual"])
    for target in TARGETS:
        with running_on(target):
            for step in ("direct", "im2col", "tiled", "strip"):
                got = together(arrays, case.options, relu, step).data
                error = abs(got - (np.maximum(expected, 0) if relu else expected))
                allowed = 12 * np.finfo(dtype).eps * magnitude  # 8 of the sum, 4 of what follows
                assert (error <= allowed).all(), f"{step} {target}"


@pytest.mark.parametrize("case", EXAMPLES)
def test_bits_do_not_depend_on_the_number_of_threads(case, target):
    arrays = arrays_of(case, np.float32)
    results = []
    for threads in THREADS:
        with using_threads(threads):
            results.append(together(arrays, case.options, True, "auto").data)
    for result in results[1:]:
        assert_same_bits(result, results[0])


def test_nan_passes_through_relu():
    x = np.array([np.nan, -1.0, 2.0], np.float32).reshape(3, 1, 1, 1)
    one = np.ones(1, np.float32)
    given = dict(weight=one.reshape(1, 1, 1, 1), running_mean=0 * one, running_var=one)
    y = conv2d_batch_norm(x, **given, eps=1e-30, relu=True).data.ravel()
    np.testing.assert_array_equal(y, np.float32([np.nan, 0, 2]))


def test_gradients_are_those_of_the_two_operations():
    arrays = arrays_of(GROUPS, np.float64)
    grad_y, grads = arrays["residual"], []
    for run in (together, apart):
        tensors = {
            n: Tensor(a, requires_grad=not n.startswith("running")) for n, a in arrays.items()
        }
        run(tensors, GROUPS.options, True, "auto").backward(grad_y)
        grads.append({n: t.grad for n, t in tensors.items() if t.requires_grad})
    for name, grad in grads[0].items():
        assert_same_bits(grad, grads[1][name], name)


def test_without_a_gradient_to_record_it_is_one_operation(monkeypatch):
    calls = []
    forward = Conv2dBatchNorm.forward
    monkeypatch.setattr(Conv2dBatchNorm, "forward", lambda *args: calls.append(1) or forward(*args))
    arrays = arrays_of(WHOLE_VECTORS, np.float32)
    arrays["weight"] = Tensor(arrays["weight"], requires_grad=True)
    recorded = conv2d_batch_norm(**arrays, **WHOLE_VECTORS.options)
    assert recorded.requires_grad
    assert not calls
    with no_grad():
        conv2d_batch_norm(**arrays, **WHOLE_VECTORS.options)
    assert calls == [1]


ONES = np.ones(4, np.float32)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (dict(running_mean=ONES[:3]), ValueError, r"running_mean must have shape \(4,\).*\(3,\)"),
        (dict(running_var=ONES[None]), ValueError, r"running_var must have shape \(4,\)"),
        (dict(norm_weight=ONES[:1]), ValueError, r"norm_weight must have shape \(4,\)"),
        (dict(norm_bias=np.float32(1)), ValueError, r"norm_bias must have shape \(4,\)"),
        (dict(residual=np.ones((2, 4, 1, 3), np.float32)), ValueError, "residual must have shape"),
        (dict(running_mean=np.ones(4)), TypeError, "must all be float32 or all float64"),
        (dict(eps=0.0), ValueError, "eps must be positive, got 0.0"),
        (dict(eps=float("nan")), ValueError, "eps must be positive, got nan"),
        (dict(relu=1), TypeError, "relu must be True or False, got 1"),
        (dict(algorithm="fast"), ValueError, "algorithm must be one of"),
        (dict(x=np.ones((2, 2, 3, 3), np.float32)), ValueError, "with groups=1, weight.shape"),
    ],
)
def test_errors_name_the_argument_and_the_rule(change, error, message):
    arguments = dict(
        x=np.ones((2, 3, 3, 3), np.float32),
        weight=np.ones((4, 3, 1, 1), np.float32),
        running_mean=ONES,
        running_var=ONES,
    )
    with pytest.raises(error, match=message):
        conv2d_batch_norm(**(arguments | change))
