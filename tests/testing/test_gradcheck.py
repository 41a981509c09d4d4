"""gradcheck must find each kind of wrong gradient, and nothing wrong with right ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, ops
from minicnn.autograd import Function
from minicnn.testing import GradcheckError, gradcheck
from tests.machine import cases


def variable(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


class Cube(Function):
    """x^3 with a gradient that is wrong in the way `fault` names."""

    def __init__(self, fault):
        self.fault = fault

    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, grad_y):
        grad_x = 3 * self.x**2 * grad_y
        if self.fault == "scaled":
            grad_x = grad_x * 1.0001
        elif self.fault == "one element":
            grad_x.reshape(-1)[-1] += 1e-3 if self.x.size < 64 else 0.1
        elif self.fault == "sign":
            grad_x = -grad_x
        elif self.fault == "ignores grad_y":
            grad_x = 3 * self.x**2
        elif self.fault == "exchanged":
            grad_x = grad_x[..., ::-1].copy()
        elif self.fault == "not a number":
            grad_x = grad_x * np.nan
        elif self.fault == "another shape":
            grad_x = grad_x[None]
        return (grad_x,)


FAULTS = ["scaled", "one element", "sign", "ignores grad_y", "exchanged", "not a number"]


@pytest.mark.parametrize("fault", [*FAULTS, "another shape"])
@pytest.mark.parametrize("size", [3, 500])
def test_each_wrong_gradient_is_found(fault, size):
    x = variable(np.random.default_rng(0).uniform(0.5, 1.5, (2, size)))
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: Cube(fault)(x), (x,))
    assert gradcheck(lambda x: Cube(fault)(x), (x,), raise_exception=False) is False
    assert gradcheck(lambda x: Cube("none")(x), (x,)) is True


def test_the_message_names_input_element_and_both_numbers():
    a, x = variable([1.0]), variable([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(GradcheckError) as error:
        gradcheck(lambda a, x: a * Cube("one element")(x), (a, x))
    text = str(error.value)
    assert text.startswith("gradcheck: wrong gradient for inputs[1], element [1, 1]: backward")
    got, expected = (float(n) for n in re.findall(r"(?:gives|is) (-?[\d.]+)", text)[:2])
    assert got - expected == pytest.approx(1e-3, rel=1e-3)
    assert "atol + rtol * size allows" in text


def test_a_missing_gradient_is_found():
    x = variable([1.0, 2.0])
    with pytest.raises(GradcheckError, match=r"wrong gradient for inputs\[0\], element \[0\]"):
        gradcheck(lambda x: x.detach() * x, (x,))


KINKS = {
    "abs": (ops.abs, [1.0, 0.0]),  # backward gives 0, and so does the central difference
    "clamp": (lambda x: ops.clamp(x, -1.0, 1.0), [0.5, 1.0]),
    "maximum": (lambda x: ops.maximum(x, 1.0), [0.5, 1.0]),
    "max": (ops.max, [1.0, 1.0]),
    "beyond abs": (ops.abs, [1.0, 5e-7]),  # between the two points of the difference
    "norm": (ops.norm, [0.0, 0.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks_are_reported_not_skipped(name):
    func, values = KINKS[name]
    with pytest.raises(GradcheckError, match=r"func has a kink at inputs\[0\], element \[.\]: the"):
        gradcheck(func, (variable(values),))


def test_the_message_of_a_kink_gives_both_sides():
    with pytest.raises(GradcheckError, match=r"to the left is -?(\S+) and that to the right -?\1 "):
        gradcheck(lambda x: x.abs().sum(), (variable([0.0]),))


SMOOTH = {
    "a minimum": (lambda x: x * x, [0.0, 0.0]),
    "a steep curve": (lambda x: ops.exp(30 * x), [0.1, 0.2]),
    "a large value": (lambda x: x * x + 1e4, [0.1, 0.2]),
    "a flat place": (lambda x: x * 0, [0.1, 0.2]),
    "away from the kink": (ops.abs, [1.0, 1e-5]),
    "a saddle": (lambda x: x**3, [0.0, 1.0]),
    "several results": (lambda x: (x * x, 3 * x, x > 1), [0.5, 2.0]),
    "a quotient": (lambda x: 1 / x, [0.05, -3.0]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_pass(name):
    func, values = SMOOTH[name]
    assert gradcheck(func, (variable(values),))


@cases(25)
@given(seed=st.integers(0, 2**32 - 1))
def test_right_gradients_pass_for_any_seed(seed):
    rng = np.random.default_rng(seed)
    a, b = variable(rng.standard_normal((4, 5))), variable(rng.standard_normal((5, 3)))
    assert gradcheck(lambda a, b: ops.tanh(a @ b).logsumexp(1), (a, b), seed=seed)


def test_large_inputs_take_three_evaluations():
    x, calls = variable(np.linspace(0.5, 1.5, 1000)), []

    def func(x):
        calls.append(1)
        return x * x * x

    assert gradcheck(func, (x,))
    assert len(calls) == 3  # with the one for backward


def test_inputs_stay_as_they_are_and_constants_are_left_out():
    x, c = variable([1.0, 2.0]), Tensor(np.array([3.0, 4.0]))
    before = x.data.copy()
    assert gradcheck(lambda x, c: x * c.detach(), (x, c))
    np.testing.assert_array_equal(x.data, before)
    assert x.grad is None
    assert gradcheck(lambda x: x * 2.0, x)  # one tensor without a tuple


def test_errors_of_the_arguments():
    with pytest.raises(TypeError, match=r"^gradcheck: inputs\[0\] must be float64, got float32"):
        gradcheck(ops.exp, (Tensor([1.0], requires_grad=True),))
    with pytest.raises(ValueError, match=r"^gradcheck: at least one of inputs must have requires"):
        gradcheck(ops.exp, (Tensor([1.0]),))
    with pytest.raises(GradcheckError, match=r"^gradcheck: no result of func depends on"):
        gradcheck(lambda x: x.detach(), (variable([1.0]),))
