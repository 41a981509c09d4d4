"""1,000 random convolutions: exact on integers, adjoint to their gradients, of small errors.

Each is computed by a step and an instruction set drawn at random; tests/ops/test_conv2d.py computes
fewer by all of them. Winograd's steps round more: tests/ops/test_conv2d_winograd.py.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests import reference
from tests.machine import TARGETS, cases, running_on
from tests.ops.test_conv2d import EXACT, WIDER, compute, oracle
from tests.reference import assert_close, assert_exact
from tests.strategies import Conv2dCase, conv2d_cases

KINDS = st.sampled_from(["normal", "relu", "scaled"])
STEPS, SETS, DTYPES = (st.sampled_from(sorted(names)) for names in (EXACT, TARGETS, WIDER))


@given(case=conv2d_cases(), step=STEPS, target=SETS, dtype=DTYPES, kind=KINDS)
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
    for name, actual in found.items():
        assert_close(actual, wanted[name], cond[name], dtype, f"{label} {kind} {name}")
    check_adjoint(found, cond, arrays, dtype, label)


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
