"""check_op finds each kind of broken promise, and nothing wrong with functions that keep them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, ops
from minicnn.autograd import Function
from minicnn.nn import functional as F
from minicnn.testing import Arguments, Buffer, CheckError, check_op


class Double(Function):
    """2 * x, with a fault that the argument puts in."""

    def __init__(
        self,
        forward: Callable[[np.ndarray], Any] = lambda x: 2 * x,
        backward: Callable[[np.ndarray], Any] = lambda grad: 2 * grad,
    ) -> None:
        self.forwards, self.backwards = forward, backward

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.forwards(x))

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.asarray(self.backwards(grad_y)),)


def matrix(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((3, 4))


def written_to(x: np.ndarray) -> np.ndarray:
    y = 2 * x
    if x.flags.writeable:
        x += 1
    return y


def by_memory(x: np.ndarray) -> np.ndarray:
    """The first value of the memory, taken for that of the array."""
    return 2 * x + 0 * x if x.flags.c_contiguous else x.ravel("K").reshape(x.shape) * 2


def at_least_one(x: np.ndarray) -> np.ndarray:
    if len(x) == 0:
        raise ZeroDivisionError
    return 2 * x


counter = itertools.count()
FAULTS: dict[str, tuple[Double, str, str]] = {
    "wrong gradient": (Double(backward=lambda g: 2.001 * g), "gradient", "wrong gradient"),
    "not linear": (Double(lambda x: x * abs(x)), "linearity", "not linear in 0"),
    "no adjoint": (Double(backward=lambda g: 2 * g[::-1]), "linearity", "not the adjoint in 0"),
    "view": (Double(lambda x: x[:]), "layouts", "share memory with argument 0"),
    "written to": (Double(written_to), "layouts", "argument 0 was written to"),
    "by memory": (Double(by_memory), "layouts", "Fortran order: AssertionError: result 0"),
    "cast": (Double(lambda x: x.astype(np.float32)), "dtypes", "float16 was accepted, but"),
    "no empty batch": (Double(at_least_one), "empty batch", "ZeroDivisionError"),
    "threads": (Double(lambda x: x + minicnn.get_num_threads()), "threads", "2 threads, not 1"),
    "not twice": (Double(lambda x: x + next(counter)), "repeatable", "values differ, the first at"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_broken_promise_is_found(fault: str) -> None:
    function, check, text = FAULTS[fault]

    def broken(x: Any) -> Tensor:
        return Double(function.forwards, function.backwards)(x)

    with pytest.raises(CheckError, match=text) as caught:
        check_op(broken, matrix, linear=True, checks=[check], cases=3, seed=5)
    # the last line of the report, which stands for a call, shows the failure again
    line = str(caught.value).splitlines()[-1].strip()
    assert line.startswith(
        f"check_op(broken, sample, linear=True, checks=['{check}'], cases=1, seed="
    )
    with pytest.raises(CheckError, match=text):
        eval(line, dict(broken=broken, check_op=check_op, sample=matrix))


@pytest.mark.parametrize("check", [None, ["gradient"], ["threads", "layouts"]])
def test_nothing_is_wrong_with_a_function_that_keeps_its_promises(check: list[str] | None) -> None:
    check_op(lambda x: Double()(x), matrix, linear=True, checks=check, cases=2)


def test_all_failures_stand_in_one_report() -> None:
    with pytest.raises(CheckError) as caught:
        check_op(lambda x: Double(lambda x: 3 * x[:], lambda g: g)(x), matrix, linear=True, cases=2)
    text = str(caught.value)
    assert text.startswith("check_op(function, sample, linear=True): 2 of 7 checks failed\n")
    assert "\n- gradient, 2 of 2 cases: " in text
    assert "\n- linearity, 2 of 2 cases: " in text


def test_kinks_are_drawn_again_and_told_where_there_is_nothing_else() -> None:
    check_op(ops.abs, lambda rng: 1.0 * rng.integers(0, 4, 3), checks=["gradient"])
    with pytest.raises(CheckError, match=r"has a kink at .*\(20 draws, all at a kink\)"):
        check_op(ops.abs, lambda rng: np.zeros(3), checks=["gradient"])


def test_settings_buffers_and_nested_arrays_are_given() -> None:
    def sample(rng: np.random.Generator) -> Arguments:
        C = 3
        running = Buffer(rng.standard_normal(C)), Buffer(rng.uniform(1, 2, C))
        x, weight, bias = (rng.standard_normal(s) for s in ((4, C, 2), C, C))
        return Arguments(x, *running, weight, bias, training=True, momentum=0.3)

    check_op(F.batch_norm, sample, batch=None, cases=2)
    check_op(ops.cat, lambda rng: ([rng.standard_normal((2, 3)) for _ in range(3)],), cases=2)
    check_op(ops.argmax, matrix, differentiable=False, batch=None, cases=2)


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(ValueError, match=r"checks must be some of \['gradient', .*got \['speed'\]"):
        check_op(ops.abs, matrix, checks=["speed"])


@pytest.mark.parametrize("cases", [0, -1])
def test_no_cases_check_nothing_and_are_refused(cases: int) -> None:
    with pytest.raises(ValueError, match=f"check_op: cases must be at least 1, got {cases}"):
        check_op(ops.abs, matrix, cases=cases)


def test_the_call_that_shows_a_failure_holds_all_options() -> None:
    def broken(x: Any) -> Tensor:
        return Double(at_least_one)(x)

    with pytest.raises(
        CheckError, match=r"check_op\(broken, sample, view=True, batch=\(0,\), checks"
    ):
        check_op(broken, matrix, view=True, batch=(0,))
