"""Gradients by central differences in float64: what a backward pass is measured against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import Tensor

STEP = 2e-5  # the error is about STEP**2 * (third derivative) + 1e-16 / STEP


def numeric_gradients(
    function: Callable[..., Any], arrays: list[np.ndarray], grad_y: np.ndarray
) -> list[np.ndarray]:
    """Return d(sum(grad_y * function(*arrays)))/d(array) for each array, one element at a time."""
    gradients = []
    for array in arrays:
        gradient = np.empty(array.shape)
        for place in np.ndindex(array.shape):
            value = array[place]
            sides = []
            for moved in (value + STEP, value - STEP):
                array[place] = moved
                sides.append((grad_y * function(*arrays).data).sum())
            array[place] = value
            gradient[place] = (sides[0] - sides[1]) / (2 * STEP)
        gradients.append(gradient)
    return gradients


def assert_gradients(function: Callable[..., Any], *arrays: np.ndarray, seed: int = 0) -> None:
    """Fail unless `backward` gives the gradients that the values of `function` have."""
    arrays_list = [np.array(a, np.float64) for a in arrays]
    tensors = [Tensor(a.copy(), requires_grad=True) for a in arrays_list]
    y = function(*tensors)
    grad_y = np.random.default_rng(seed).standard_normal(y.shape)
    y.backward(grad_y)
    for t, expected in zip(tensors, numeric_gradients(function, arrays_list, grad_y)):
        assert isinstance(t.grad, np.ndarray)
        assert t.grad.shape == t.shape
        assert t.grad.dtype == np.float64
        scale = max(1.0, abs(expected).max(initial=0))
        np.testing.assert_allclose(t.grad, expected, rtol=1e-6, atol=1e-7 * scale)
