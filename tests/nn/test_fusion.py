"""Neighbouring layers may be computed in one pass: nobody may be able to tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import models, nn
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


def normalized(*more: nn.Module, dtype: Any = np.float32) -> list[nn.Module]:
    """A convolution and a normalization in evaluation, with statistics as after some training."""
    minicnn.manual_seed(3)
    layers = [nn.Conv2d(3, 20, 3, padding=1, dtype=dtype), nn.BatchNorm2d(20, dtype=dtype), *more]
    draw_statistics(nn.Sequential(*layers))
    return [layer.eval() for layer in layers]


def draw_statistics(model: nn.Module) -> None:
    rng = np.random.default_rng(4)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for t, low in ((norm.running_mean, -1), (norm.running_var, 0.1), (norm.bias, -1)):
                assert t is not None
                t.data[...] = rng.uniform(low, 2, t.shape)


def ops_of(model: nn.Module, x: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The operations that a pass without gradients takes, and what it returns."""
    with minicnn.no_grad(), minicnn.profile(roof=minicnn.roof.Roof(1.0, 1.0)) as timed:
        y = model(x).data
    return sorted(row.op for row in timed.rows for _ in range(row.calls)), y


def image(dtype: Any = np.float32) -> np.ndarray:
    x = np.random.default_rng(5).standard_normal((3, 3, 9, 10)).astype(dtype)
    x[0, 0, 0, 0] = np.nan
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("relu", [True, False])
def test_a_normalization_in_evaluation_joins_the_convolution(dtype: Any, relu: bool) -> None:
    conv, norm, *rest = normalized(*[nn.ReLU()] * relu, dtype=dtype)
    ops, y = ops_of(nn.Sequential(conv, norm, *rest), image(dtype))
    assert ops == ["Conv2dBatchNorm"]
    ops, apart = ops_of(
        nn.Sequential(conv, nn.Identity(), norm, nn.Identity(), *rest), image(dtype)
    )
    assert ops == sorted(["Conv2d", "BatchNorm"] + ["ReLU"] * relu)
    np.testing.assert_array_equal(y, apart)


def test_each_part_of_a_residual_network_joins_its_convolution() -> None:
    model = models.resnet20(option="B").eval()
    draw_statistics(model)
    x = np.random.default_rng(6).standard_normal((2, 3, 32, 32)).astype(np.float32)
    ops, y = ops_of(model, x)
    assert ops.count("Conv2dBatchNorm") == 21
    assert not {"Conv2d", "BatchNorm", "Add", "ReLU"} & set(ops)
    handles = [m.register_forward_hook(lambda *_: None) for m in model.modules()]
    ops, apart = ops_of(model, x)
    assert ops.count("Conv2d") == ops.count("BatchNorm") == 21
    np.testing.assert_array_equal(y, apart)
    for handle in handles:
        handle.remove()


@pytest.mark.parametrize("layer", [0, 1])
def test_a_hook_keeps_convolution_and_normalization_apart(layer: int) -> None:
    model = nn.Sequential(*normalized(nn.ReLU()))
    expected = ops_of(model, image())[1]
    seen: list[np.ndarray] = []
    model[layer].register_forward_hook(lambda module, args, y: seen.append(y.data.copy()))
    ops, y = ops_of(model, image())
    assert "Conv2dBatchNorm" not in ops
    assert np.nanmin(seen[0]) < 0
    np.testing.assert_array_equal(y, expected)


def test_a_hook_on_the_relu_sees_what_was_normalized() -> None:
    model = nn.Sequential(*normalized(nn.ReLU()))
    seen: list[np.ndarray] = []
    model[2].register_forward_pre_hook(lambda module, args: seen.append(args[0].data.copy()))
    ops, y = ops_of(model, image())
    assert ops == ["Conv2dBatchNorm", "ReLU"]
    np.testing.assert_array_equal(y, np.maximum(seen[0], 0))


class Halved(nn.BatchNorm2d):
    def forward(self, x: Any, *, residual: Any = None, relu: bool = False) -> Any:
        return super().forward(x, residual=residual, relu=relu) / 2


def training(conv: nn.Module, norm: nn.Module) -> None:
    norm.train()


def own_statistics(conv: nn.Module, norm: nn.Module) -> None:
    norm.running_mean = norm.running_var = None


def another_class(conv: nn.Module, norm: nn.Module) -> None:
    norm.__class__ = Halved


@pytest.mark.parametrize("change", [training, own_statistics, another_class])
def test_other_normalizations_stay_apart(change: Any) -> None:
    conv, norm = normalized()
    change(conv, norm)
    ops, y = ops_of(nn.Sequential(conv, norm), image())
    assert "Conv2d" in ops
    assert "BatchNorm" in ops
    np.testing.assert_array_equal(y, norm(conv(image())).data)


def test_gradients_are_recorded_by_the_two_layers() -> None:
    conv, norm = normalized()
    x = image()
    x[0, 0, 0, 0] = 0
    fused, apart = (run(model, x) for model in two_models(conv, norm))
    for a, b in zip(fused, apart):
        np.testing.assert_array_equal(a, b)
    for p in (*conv.parameters(), *norm.parameters()):
        p.requires_grad_(False)
    y = nn.Sequential(conv, norm)(Tensor(x, requires_grad=True))
    assert type(y.creator).__name__ == "BatchNorm"
    assert nn.Sequential(conv, norm)(x).creator is None


def two_models(conv: nn.Module, norm: nn.Module) -> Any:
    for model in (nn.Sequential(conv, norm), nn.Sequential(conv, nn.Identity(), norm)):
        for p in model.parameters():
            p.grad = None
        yield model


def test_what_does_not_fit_is_said_by_the_layer() -> None:
    conv, _ = normalized()
    with (
        pytest.raises(ValueError, match=r"BatchNorm2d: x has shape .* num_features=7"),
        minicnn.no_grad(),
    ):
        nn.Sequential(conv, nn.BatchNorm2d(7).eval())(image())
    with pytest.raises(TypeError, match="conv2d: x, weight, bias must all be"), minicnn.no_grad():
        nn.Sequential(*normalized())(image(np.float64))
