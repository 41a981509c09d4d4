"""Sequential may run a layer and the ReLU after it in one pass: nobody may be able to tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.nn import functional as F
from minicnn.tensor import Tensor

LAYERS = {
    "conv2d": lambda: nn.Conv2d(3, 8, 3, padding=1),
    "conv2d without bias": lambda: nn.Conv2d(3, 8, 5, stride=2, bias=False),
    "batch_norm": lambda: nn.BatchNorm2d(3),
}


def run(model: Any, x: np.ndarray) -> list[np.ndarray]:
    """Output, gradient of the input, gradients of the parameters."""
    t = Tensor(x, requires_grad=True)
    y = model(t)
    y.backward(np.cos(np.arange(y.data.size)).reshape(y.shape))
    arrays = [y.data, t.grad] + [p.grad for p in model.parameters()]
    assert all(a is not None for a in arrays)
    return arrays  # type: ignore[return-value]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_bits_are_those_of_two_passes(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 3, 9, 11)).astype(dtype)
    x[0, 0, 0, 0] = np.nan  # must pass through both alike
    minicnn.manual_seed(1)
    layer = LAYERS[name]().to(dtype)
    fused = run(nn.Sequential(layer, nn.ReLU()), x)
    for p in layer.parameters():
        p.grad = None
    apart = nn.Sequential(layer, nn.Identity(), nn.ReLU())
    for a, b in zip(fused, run(apart, x)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_relu_between_a_layer_and_max_pooling_leaves_no_trace(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((4, 3, 12, 14)).astype(dtype)
    x[0, 0, 0, 0] = np.nan
    minicnn.manual_seed(1)
    layer, pool = LAYERS[name]().to(dtype), nn.MaxPool2d(2)
    fused = run(nn.Sequential(layer, nn.ReLU(), pool), x)
    for p in layer.parameters():
        p.grad = None
    apart = run(nn.Sequential(layer, nn.Identity(), nn.ReLU(), nn.Identity(), pool), x)
    for a, b in zip(fused, apart):
        np.testing.assert_array_equal(a, b)


def test_a_hook_still_sees_what_is_between() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    seen: list[np.ndarray] = []
    model[0].register_forward_hook(lambda module, args, y: seen.append(y.data.copy()))
    y = model(np.random.default_rng(0).standard_normal((1, 1, 5, 5)).astype(np.float32))
    assert seen[0].min() < 0
    np.testing.assert_array_equal(y.data, np.maximum(seen[0], 0))


def test_a_subclass_with_its_own_forward_is_not_passed_over() -> None:
    class Doubled(nn.Conv2d):
        def forward(self, x: Any, *, relu: bool = False) -> Any:
            return F.conv2d(x, self.weight, self.bias) * 2

    layer = Doubled(1, 1, 1, bias=False)
    layer.weight.data[...] = -1
    y = nn.Sequential(layer, nn.ReLU())(np.array([[[[-3.0, 5.0]]]], np.float32))
    np.testing.assert_array_equal(y.data, [[[[6.0, 0.0]]]])
