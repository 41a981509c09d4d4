"""Clipping and flattening, number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import nn
from minicnn.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)
from minicnn.tensor import Tensor
from tests.machine import cases


def with_gradients(seed: int, dtype: str = "float64", scale: float = 1.0) -> list[Tensor]:
    """Tensors of several shapes, one of them without a gradient."""
    rng = np.random.default_rng(seed)
    params = [Tensor(np.ones(s, dtype), requires_grad=True) for s in [(2, 3), (), (0,), (4,), (2,)]]
    for p in params[:-1]:
        p.grad = np.asarray(rng.normal(size=p.shape) * scale).astype(dtype)
    return params


def numbers(params: list[Tensor]) -> list[float]:
    return [x for p in params if p.grad is not None for x in p.grad.ravel().tolist()]


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.01, 1.0, 5.0, 1e3, math.inf]),
    st.sampled_from([1.0, 2.0, 3.5, math.inf, "inf"]),
)
@cases(60)
def test_the_norm_of_all_gradients_is_clipped(
    seed: int, max_norm: float, order: float | str
) -> None:
    params = with_gradients(seed)
    before = numbers(params)
    arrays = [p.grad for p in params]
    if float(order) == math.inf:
        norm = max(abs(x) for x in before)
    else:
        norm = math.fsum(abs(x) ** float(order) for x in before) ** (1 / float(order))
    got = clip_grad_norm_(params, max_norm, order)
    assert got.item() == pytest.approx(norm, rel=1e-12)
    factor = min(1.0, max_norm / (norm + 1e-6))
    np.testing.assert_allclose(numbers(params), [x * factor for x in before], rtol=1e-12)
    assert all(p.grad is array for p, array in zip(params, arrays))  # in place
    assert params[-1].grad is None


def test_large_float32_gradients_do_not_overflow() -> None:
    params = with_gradients(1, "float32", 1e30)
    assert clip_grad_norm_(params, 1.0).dtype == np.float32
    assert math.hypot(*numbers(params)) == pytest.approx(1.0, rel=1e-6)
    assert all(p.grad.dtype == np.float32 for p in params if p.grad is not None)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_norms_that_are_not_finite(bad: float) -> None:
    p, q = (Tensor(np.ones(2), requires_grad=True) for _ in range(2))
    p.grad, q.grad = np.array([1.0, bad]), np.array([2.0, 3.0])
    with pytest.raises(RuntimeError, match=rf"of order 2\.0 of the gradients is {bad}"):
        clip_grad_norm_([p, q], 1.0, error_if_nonfinite=True)
    assert q.grad.tolist() == [2.0, 3.0]
    assert str(clip_grad_norm_([p, q], 1.0).item()) == str(bad)
    expected = [math.nan] * 2 if math.isnan(bad) else [0.0, 0.0]
    np.testing.assert_array_equal(q.grad, expected)
    assert math.isnan(p.grad[1])


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 1, 10.0]))
@cases(30)
def test_values_are_clipped(seed: int, limit: float) -> None:
    params = with_gradients(seed)
    before = numbers(params)
    assert clip_grad_value_(params, limit) is None
    assert numbers(params) == [max(-limit, min(limit, x)) for x in before]


def test_one_tensor_stands_for_itself_and_read_only_gradients_are_replaced() -> None:
    p = Tensor(np.ones(2), requires_grad=True)
    for clip in (lambda: clip_grad_norm_(p, 0.5, "inf"), lambda: clip_grad_value_(p, 0.5)):
        p.grad = array = np.array([-1.0, 0.25])
        array.flags.writeable = False
        clip()
        assert p.grad[0] == pytest.approx(-0.5, rel=1e-5)
        assert array.tolist() == [-1.0, 0.25]
    assert p.grad.tolist() == [-0.5, 0.25]


def test_without_gradients_the_norm_is_zero() -> None:
    assert clip_grad_norm_(nn.Linear(2, 2).parameters(), 1.0).item() == 0.0
    assert clip_grad_norm_([], 1.0).item() == 0.0


def test_parameters_become_a_vector_and_come_back() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 3))
    expected = np.concatenate([p.data.ravel() for p in model.parameters()])
    vector = parameters_to_vector(model.parameters())
    np.testing.assert_array_equal(vector.data, expected)
    vector_to_parameters(Tensor(np.arange(29.0)), model.parameters())
    assert model[0].weight.data.ravel().tolist() == list(range(18))
    assert model[0].bias.tolist() == [18, 19]
    assert model[2].weight.tolist() == [[20, 21], [22, 23], [24, 25]]
    assert model[2].bias.tolist() == [26, 27, 28]
    assert all(p.dtype == np.float32 for p in model.parameters())


def test_the_vector_is_differentiable_and_its_numbers_are_copied_back() -> None:
    p, q = Tensor([[1.0, 2.0]], requires_grad=True), Tensor(3.0, requires_grad=True)
    (parameters_to_vector([p, q]) * [1.0, 10.0, 100.0]).sum().backward()
    assert p.grad is not None
    assert q.grad is not None
    assert (p.grad.tolist(), q.grad.tolist()) == ([[1.0, 10.0]], 100.0)
    vec = Tensor([4.0, 5.0, 6.0])
    vector_to_parameters(vec, [p, q])
    vec.data[:] = 0
    assert (p.tolist(), q.tolist()) == ([[4.0, 5.0]], 6.0)


def test_errors_name_function_and_argument() -> None:
    p = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match="clip_grad_norm_: norm_type must be positive, got 0"):
        clip_grad_norm_(p, 1.0, 0)
    with pytest.raises(ValueError, match="clip_grad_norm_: max_norm must not be negative, got -1"):
        clip_grad_norm_(p, -1)
    with pytest.raises(ValueError, match="clip_value must not be negative, got -1"):
        clip_grad_value_(p, -1)
    with pytest.raises(ValueError, match="parameters_to_vector: parameters is empty"):
        parameters_to_vector([])
    with pytest.raises(TypeError, match="vec must be a Tensor, got list"):
        vector_to_parameters([1.0], [p])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must have shape \(2,\).*sizes \[2\], got \(3,\)"):
        vector_to_parameters(Tensor([1.0, 2.0, 3.0]), [p])
    assert p.tolist() == [1.0, 2.0]
