"""1,000 random convolutions: exact on integers, adjoint to their gradients, of small errors.

Each is computed by a step and an instruction set drawn at random; tests/ops/test_conv2d.py computes
fewer by all of them. Winograd's steps round more: tests/ops/test_conv2d_winograd.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tests import reference
from tests.machine import TARGETS, cases, running_on
from tests.ops.test_conv2d import EXACT, WIDER, compute, oracle
from tests.reference import assert_close, assert_exact
from tests.strategies import Conv2dCase, conv2d_cases

KINDS = st.sampled_from(["normal", "relu", "scaled"])
STEPS, SETS, DTYPES = (st.sampled_from(sorted(names)) for names in (EXACT, TARGETS, WIDER))


# 3,960 products of one sign for its one weight: one running sum of them is 13 roundings off.
MANY_TAPS = Conv2dCase(
    **dict(N=33, C_in=1, C_out=1, image=(12, 10), kernel=(1, 1), groups=1, seed=85),
    **dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1)),
)


@given(case=conv2d_cases(), step=STEPS, target=SETS, dtype=DTYPES, kind=KINDS)
@example(case=MANY_TAPS, step="direct", target=TARGETS[0], dtype="float32", kind="relu")
@cases(1000)
def test_a_convolution_is_exact_adjoint_and_close(
    case: Conv2dCase, step: str, target: str, dtype: str, kind: str
) -> None:
    label = f"{step} {target} {dtype}"
    with running_on(target):
        integers = case.integers()
        expected = reference.conv2d_all(*integers, **case.options)
        for name, actual in compute(case, [a.astype(dtype) for a in integers], step).items():
            assert_exact(actual, expected[name], dtype, f"{label} {name}")
        arrays = [a.astype(dtype) for a in case.floats(kind)]
        found = compute(case, arrays, step)
    wanted, cond = oracle(case, arrays, WIDER[dtype])
    factors = roundings(case, dtype)
    for name, actual in found.items():
        where = f"{label} {kind} {name}"
        assert_close(actual, wanted[name], cond[name], dtype, where, factors[name])
    check_adjoint(found, cond, arrays, dtype, label)


def roundings(case: Conv2dCase, dtype: str) -> dict[str, Any]:
    """Return how many roundings of cond each value may be off: 8 in float32, as promised.

    In float64 no sum is long enough for its small terms to drop out, so that each of n terms is
    rounded, at random and by half an eps at most: six standard deviations are 1.74 sqrt(n) eps.
    """
    terms = reference.conv2d_all(*[np.ones(s) for s in case.shapes], **case.options)
    if dtype == "float32":
        return dict.fromkeys(terms, 8)
    return {name: np.maximum(8, 1.74 * np.sqrt(count)) for name, count in terms.items()}


def check_adjoint(
    found: dict[str, np.ndarray],
    cond: dict[str, np.ndarray],
    arrays: list[np.ndarray],
    dtype: str,
    label: str,
) -> None:
    """<conv2d(x, w), g> = <x, grad_x(g)> = <w, grad_weight(g)>: no oracle of the sums needed."""
    x, weight, bias, grad_y = (a.astype(WIDER[dtype]) for a in arrays)
    y = found["y"].astype(WIDER[dtype]) - bias[:, None, None]
    forward = np.vdot(y, grad_y)
    allowed = 8 * np.finfo(dtype).eps * float(np.vdot(cond["y"], abs(grad_y)))
    by_x = np.vdot(x, found["grad_x"].astype(WIDER[dtype]))
    by_weight = np.vdot(weight, found["grad_weight"].astype(WIDER[dtype]))
    assert abs(by_x - forward) <= allowed, f"{label} grad_x"
    assert abs(by_weight - forward) <= allowed, f"{label} grad_weight"
