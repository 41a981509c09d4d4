"""Saliency against finite differences; the rules of guided backprop and deconvolution by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import Tensor, nn
from minicnn.interpret import Deconvolution, GuidedBackprop, InputXGradient, Saliency
from minicnn.nn import functional as F
from tests.central_differences import numeric_gradients
from tests.machine import cases
from tests.reference import conv2d, conv2d_grad_x
from tests.strategies import seeds

PLAIN: dict[str, Any] = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)


def smooth_net(channels: int, size: int, classes: int, seed: int) -> nn.Sequential:
    minicnn.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(channels, 3, 2, dtype=np.float64),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(3 * (size - 1) ** 2, classes, dtype=np.float64),
    ).eval()


@cases(20)
@given(st.integers(1, 2), st.integers(3, 5), st.integers(1, 3), st.integers(1, 4), seeds)
def test_saliency_is_the_slope_that_small_changes_of_the_pixels_show(
    channels: int, size: int, n: int, classes: int, seed: int
) -> None:
    model, rng = smooth_net(channels, size, classes, seed), np.random.default_rng(seed)
    x, target = rng.normal(size=(n, channels, size, size)), rng.integers(classes, size=n)
    (expected,) = numeric_gradients(model, [x], np.eye(classes)[target])
    signed = Saliency(model).attribute(x, target, abs=False)
    np.testing.assert_allclose(signed.data, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(Saliency(model).attribute(x, target).data, abs(signed.data))
    times = InputXGradient(model).attribute(x, target)
    np.testing.assert_allclose(times.data, x * expected, rtol=1e-6, atol=1e-7)


# -- the rules of ReLU ----------------------------------------------------------------------------


def weights(seed: int) -> list[np.ndarray]:
    """Kernels of two convolutions and their biases."""
    rng = np.random.default_rng(seed)
    shapes = [(3, 2, 3, 3), (3,), (4, 3, 2, 2), (4,)]
    return [rng.normal(size=shape) for shape in shapes]


def by_hand(method: type, x: np.ndarray, target: int, w: list[np.ndarray]) -> np.ndarray:
    """Attribute sum(relu(conv(relu(conv(x)))))[target] in NumPy."""
    w1, b1, w2, b2 = w
    a = conv2d(x, w1, b1)
    b = conv2d(np.maximum(a, 0), w2, b2)
    grad = np.zeros_like(b)
    grad[:, target] = 1

    def through_relu(grad: np.ndarray, before: np.ndarray) -> np.ndarray:
        forward, backward = before > 0, grad > 0
        if method is Saliency:
            return grad * forward
        return grad * backward * (forward if method is GuidedBackprop else 1)

    grad_h = conv2d_grad_x(through_relu(grad, b), np.maximum(a, 0), w2, **PLAIN)
    return conv2d_grad_x(through_relu(grad_h, a), x, w1, **PLAIN)


class Total(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        return y.sum((2, 3))


def layers(w: list[np.ndarray]) -> tuple[nn.Conv2d, nn.Conv2d]:
    first, second = (nn.Conv2d(*s, dtype=np.float64) for s in ((2, 3, 3), (3, 4, 2)))
    for p, values in zip((*first.parameters(), *second.parameters()), w):
        p.data[:] = values
    return first, second


class Fused(nn.Module):
    """Rectifies inside of the operations."""

    def __init__(self, w: list[np.ndarray]) -> None:
        super().__init__()
        self.first, self.second = layers(w)
        self.norm = nn.BatchNorm2d(3, eps=1e-300, dtype=np.float64)

    def forward(self, x: Any) -> Tensor:
        h = self.norm(self.first(x), relu=True)  # mean 0, variance 1: the identity
        return self.second(h, relu=True).sum((2, 3))


class Functional(Fused):
    def forward(self, x: Any) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x)))).sum((2, 3))


def row(w: list[np.ndarray]) -> nn.Module:
    first, second = layers(w)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), Total())


@pytest.mark.parametrize("net", [row, Fused, Functional])
@pytest.mark.parametrize("method", [Saliency, GuidedBackprop, Deconvolution])
@cases(10)
@given(st.integers(0, 3), seeds)
def test_relu_passes_back_what_the_methods_rule_says(
    net: Callable[[list[np.ndarray]], nn.Module], method: Any, target: int, seed: int
) -> None:
    w, x = weights(seed), np.random.default_rng(seed).normal(size=(2, 2, 6, 7))
    kwargs = {"abs": False} if method is Saliency else {}
    got = method(net(w).eval()).attribute(x, target, **kwargs).data
    np.testing.assert_allclose(got, by_hand(method, x, target, w), rtol=1e-9, atol=1e-9)


def test_the_three_rules_differ() -> None:
    x, w = np.random.default_rng(1).normal(size=(2, 2, 6, 7)), weights(0)
    first, second, third = (by_hand(m, x, 2, w) for m in (Saliency, GuidedBackprop, Deconvolution))
    assert min(abs(first - second).max(), abs(second - third).max()) > 1


class PoolsRectified(nn.Module):
    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        self.conv = nn.Conv2d(1, 2, 2)

    def forward(self, x: Any) -> Tensor:
        y, window = self.conv(x), (3, 1)  # windows overlap
        y = F.max_pool2d(y, *window, relu=True) if self.fused else F.max_pool2d(F.relu(y), *window)
        return (y * np.array([[[[1.0]], [[-2.0]]]], np.float32)).sum((1, 2, 3))


def test_a_relu_inside_of_max_pooling_is_guided_too_and_deconvolution_says_why_it_cannot() -> None:
    minicnn.manual_seed(3)
    fused, apart = PoolsRectified(True).eval(), PoolsRectified(False).eval()
    apart.load_state_dict(fused.state_dict())
    x = np.random.default_rng(0).normal(size=(1, 1, 7, 7)).astype(np.float32)
    results = [GuidedBackprop(net).attribute(x).data for net in (fused, apart)]
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)
    assert np.abs(results[0]).max() > 0.1
    with pytest.raises(ValueError, match="call relu, then max_pool2d"):
        Deconvolution(fused).attribute(x)


class Residual(nn.Module):
    """relu(norm(conv(x)) + x), in the pass of the normalization or apart."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        self.conv, self.norm = nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2)

    def forward(self, x: Any) -> Tensor:
        y = self.conv(F.relu(x))
        y = self.norm(y, residual=x, relu=True) if self.fused else F.relu(self.norm(y) + x)
        return (y * np.array([[[[1.0]], [[-2.0]]]])).sum((1, 2, 3))


@pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution])
def test_a_relu_after_a_residual_sum_has_the_same_rule(method: Any) -> None:
    minicnn.manual_seed(3)
    fused, apart = (Residual(f).to(np.float64).eval() for f in (True, False))
    apart.load_state_dict(fused.state_dict())
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 6))
    results = [method(net).attribute(x).data for net in (fused, apart)]
    np.testing.assert_allclose(*results, rtol=1e-9, atol=1e-12)
    assert np.abs(results[0]).max() > 0.1
