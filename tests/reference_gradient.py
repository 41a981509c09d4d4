"""Gradients by central differences in float64, which share no code with the library's."""

from __future__ import annotations

import numpy as np


def numeric_gradient(function, arrays, weight, eps=1e-6):
    """Return d sum(weight * function(*arrays)) / d(array) for each array, one element at a time.

    `function` takes and returns NumPy float64 arrays.
    """
    gradients = []
    for i, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            sides = []
            for step in (eps, -eps):
                moved = [a.copy() for a in arrays]
                moved[i][place] += step
                sides.append((weight * function(*moved)).sum())
            gradient[place] = (sides[0] - sides[1]) / (2 * eps)
        gradients.append(gradient)
    return gradients


def assert_gradients_equal_numeric(op, reference, arrays, rtol=1e-6, atol=1e-7):
    """Compare `op`'s value and gradients with those of `reference`, a function of NumPy arrays."""
    from minicnn import Tensor

    arrays = [np.asarray(a, np.float64) for a in arrays]
    tensors = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    y = op(*tensors)
    expected = np.asarray(reference(*arrays))
    assert y.dtype == np.float64
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-12)
    weight = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(weight)
    for t, a, gradient in zip(tensors, arrays, numeric_gradient(reference, arrays, weight)):
        assert t.grad.shape == a.shape
        assert t.grad.dtype == np.float64
        np.testing.assert_allclose(t.grad, gradient, rtol=rtol, atol=atol)
        np.testing.assert_array_equal(t.data, a)  # the input is untouched
