"""The formulas of batch normalization in NumPy, and how far rounding may lead from them."""

from __future__ import annotations

import numpy as np


def column(a, x):
    """Return a, shape (C,), as it stands in formulas with x: (C, 1, ...)."""
    return a.reshape(-1, *[1] * (x.ndim - 2))


def before_relu(x, weight, bias, residual, mean, var, eps):
    """Return the normalized x with scale, shift and residual."""
    normal = (x - column(mean, x)) / np.sqrt(column(var, x) + eps)
    return normal * column(weight, x) + column(bias, x) + residual


def gradients(x, weight, mean, var, g, eps, constant):
    """Return the gradients of x, weight and bias, for the gradient g of what ReLU got."""
    axes = tuple(i for i in range(x.ndim) if i != 1)
    n = x.size // x.shape[1]
    rstd = 1 / np.sqrt(column(var, x) + eps)
    normal = (x - column(mean, x)) * rstd
    grad_weight, grad_bias = (g * normal).sum(axis=axes), g.sum(axis=axes)
    grad_x = g * 1.0
    if not constant:
        grad_x = g - column(grad_bias, x) / n - normal * column(grad_weight, x) / n
    return grad_x * rstd * column(weight, x), grad_weight, grad_bias


def tolerances(x, weight, bias, residual, mean, var, grad_y, eps, dtype):
    """Return what rounding allows for y, grad_x, grad_weight, grad_bias and grad_residual."""
    n, unit = x.size // x.shape[1], 8 * np.finfo(dtype).eps
    axes = tuple(i for i in range(x.ndim) if i != 1)
    rstd = 1 / np.sqrt(column(var, x) + eps)
    normal = (abs(x) + abs(column(mean, x)) + abs(x).mean(axis=axes, keepdims=True)[0]) * rstd
    # the mean's and variance's own rounding counts as much as the terms they are made of
    y = (normal + normal**2) * abs(column(weight, x)) + abs(column(bias, x)) + abs(residual)
    grad_bias = abs(grad_y).sum(axis=axes)
    grad_weight = (abs(grad_y) * (normal + normal**2)).sum(axis=axes)
    grad_x = abs(grad_y) + column(grad_bias, x) / n + (1 + normal) * column(grad_weight, x) / n
    grad_x = grad_x * (1 + normal) * rstd * abs(column(weight, x))
    return [unit * t for t in (y, grad_x, grad_weight, grad_bias, abs(grad_y))]
