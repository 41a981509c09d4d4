"""Grad-CAM against formulas written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.interpret import GradCAM, GuidedBackprop, GuidedGradCam, LayerGradCam
from minicnn.nn import functional as F
from tests.reference import conv2d


class Net(nn.Module):
    """Convolution, ReLU, mean of each map, Linear: Grad-CAM is then CAM, up to the factor 1 / (h w)
    (Zhou et al., arXiv:1512.04150, equation 2)."""

    def __init__(self) -> None:
        super().__init__()
        minicnn.manual_seed(0)
        self.features = nn.Sequential(nn.Conv2d(2, 5, 3, padding=1, stride=2), nn.ReLU())
        self.head = nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        return self.head(F.flatten(F.adaptive_avg_pool2d(self.features(x), 1), 1))


def images(n: int = 2) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(n, 2, 7, 9)).astype(np.float32)


def maps_by_hand(net: Net, x: np.ndarray) -> np.ndarray:
    conv = net.features[0]
    y = conv2d(
        x.astype(np.float64), conv.weight.data, conv.bias.data, stride=(2, 2), padding=(1, 1)
    )
    return np.maximum(y, 0)


def test_grad_cam_weights_each_map_with_its_mean_gradient() -> None:
    net, x, target = Net().eval(), images(), [2, 0]
    maps = maps_by_hand(net, x)  # (2, 5, 4, 5)
    # F = sum over k of head[target, k] * mean(maps[k]): its gradient is head[target, k] / 20
    weights = net.head.weight.data[target] / 20
    expected = weights[:, :, None, None] * maps
    for layer in ("features", "features.1", net.features[1]):
        method = LayerGradCam(net, layer)
        apart = method.attribute(x, target, attr_dim_summation=False)
        np.testing.assert_allclose(apart.data, expected, rtol=1e-4, atol=1e-6)
        total = method.attribute(x, target)
        np.testing.assert_allclose(
            total.data, expected.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-6
        )
        np.testing.assert_array_equal(
            method.attribute(x, target, relu_attributions=True).data, np.maximum(total.data, 0)
        )


def test_before_the_relu_the_gradient_is_that_before_the_relu() -> None:
    """The layer and the ReLU after it are not fused while one looks between them."""
    net, x = Net().eval(), images(1)
    conv = net.features[0]
    y = conv2d(
        x.astype(np.float64), conv.weight.data, conv.bias.data, stride=(2, 2), padding=(1, 1)
    )
    grads = net.head.weight.data[1][None, :, None, None] / 20 * (y > 0)
    expected = (grads.mean(axis=(2, 3), keepdims=True) * y).sum(axis=1, keepdims=True)
    got = LayerGradCam(net, "features.0").attribute(x, 1)
    np.testing.assert_allclose(got.data, expected, rtol=1e-4, atol=1e-6)


def test_grad_cam_of_the_images_size_is_rectified_and_resized() -> None:
    net, x = Net().eval(), images()
    coarse = LayerGradCam(net, "features").attribute(x, 1, relu_attributions=True)
    fine = GradCAM(net, "features").attribute(x, 1)
    assert fine.shape == (2, 1, 7, 9)
    expected = coarse.data
    for axis, (small, large) in enumerate([(4, 7), (5, 9)], start=2):
        # pixels are squares: the i-th large one's centre lies at (i + 1/2) * small / large
        at = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
        low = np.minimum(at.astype(int), small - 2)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        expected = (
            np.take(expected, low, axis) * (1 - share) + np.take(expected, low + 1, axis) * share
        )
    np.testing.assert_allclose(fine.data, expected, rtol=1e-5, atol=1e-6)
    guided = GuidedGradCam(net, "features").attribute(x, 1)
    np.testing.assert_array_equal(guided.data, GuidedBackprop(net).attribute(x, 1).data * fine.data)
    nearest = LayerGradCam.interpolate(coarse, (8, 10))
    np.testing.assert_array_equal(nearest.data, coarse.data.repeat(2, 2).repeat(2, 3))


class Twice(Net):
    def forward(self, x: Any) -> Any:
        return super().forward(x) + super().forward(x)


class Unused(Net):
    def forward(self, x: Any) -> Any:
        return F.flatten(x, 1)


def test_layers_that_will_not_do_are_named() -> None:
    net, x = Net().eval(), images()
    with pytest.raises(
        ValueError,
        match="LayerGradCam: layer: the model has no layer 'conv3'; it has features: Sequential,"
        r" features.0: Conv2d, features.1: ReLU, head: Linear$",
    ):
        LayerGradCam(net, "conv3")
    with pytest.raises(ValueError, match="this Conv2d is no part of the model, which has feat"):
        LayerGradCam(net, nn.Conv2d(1, 1, 1))
    with pytest.raises(TypeError, match=r"layer must be a module .* or its dotted name, got 0"):
        LayerGradCam(net, 0)
    with pytest.raises(ValueError, match=r"maps of shape \(N, C, h, w\), got \(2, 3\); take a con"):
        LayerGradCam(net, "head").attribute(x, 1)
    twice, unused = Twice().eval(), Unused().eval()
    with pytest.raises(ValueError, match="layer: the model calls this Sequential twice"):
        LayerGradCam(twice, "features").attribute(x, 1)
    with pytest.raises(ValueError, match="layer: the model does not call this Sequential"):
        LayerGradCam(unused, "features").attribute(x, 1)
