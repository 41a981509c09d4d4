"""Residual blocks compute the paper's formula, stages have its shapes, and the networks learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal

import minicnn
import minicnn.nn.functional as F
from minicnn import models, nn
from minicnn.models.residual import BasicBlock, Bottleneck, projection
from minicnn.models.resnet_cifar import Subsample
from minicnn.optim import SGD
from minicnn.tensor import Tensor


def convolved(x: np.ndarray, conv: Any) -> np.ndarray:
    """The convolution by SciPy, float64."""
    pad = conv.padding[0]
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    y = np.stack(
        [[signal.correlate(image, w, "valid")[0] for w in conv.weight.data] for image in x]
    )
    return y[:, :, :: conv.stride[0], :: conv.stride[1]]


def normalized(x: np.ndarray, bn: Any) -> np.ndarray:
    mean, var, weight, bias = (
        v.data[:, None, None] for v in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return (x - mean) / np.sqrt(var + bn.eps) * weight + bias


def scattered(module: nn.Module) -> nn.Module:
    """Give a module's normalizations values that are not 0 and 1, in float64 and eval mode."""
    rng = np.random.default_rng(3)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                assert tensor is not None
                tensor.data[...] = rng.uniform(0.5, 1.5, tensor.shape)
    return module.double().eval()


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape)


@pytest.mark.parametrize("shortcut", ["identity", "projection", "subsample", "none"])
def test_a_basic_block_computes_the_formula(shortcut: str) -> None:
    stride, channels = (1, 4) if shortcut in ("identity", "none") else (2, 6)
    down: nn.Module | None = None
    if shortcut == "projection":
        down = projection(4, 6, 2)
    elif shortcut == "subsample":
        down = Subsample(6, 2)
    block: Any = scattered(BasicBlock(4, channels, stride, down, skip=shortcut != "none"))
    x = images(2, 4, 7, 7)
    inner = np.maximum(normalized(convolved(x, block.conv1), block.bn1), 0)
    expected = normalized(convolved(inner, block.conv2), block.bn2)
    if shortcut == "identity":
        expected += x
    elif shortcut == "projection":
        expected += normalized(convolved(x, block.downsample[0]), block.downsample[1])
    elif shortcut == "subsample":
        expected[:, 1:5] += x[:, :, ::2, ::2]
    np.testing.assert_allclose(block(x).data, np.maximum(expected, 0), rtol=1e-10, atol=1e-10)


def test_a_bottleneck_computes_the_formula() -> None:
    block: Any = scattered(Bottleneck(4, 2, 2, projection(4, 8, 2)))
    x = images(2, 4, 6, 6)
    y = np.maximum(normalized(convolved(x, block.conv1), block.bn1), 0)
    y = np.maximum(normalized(convolved(y, block.conv2), block.bn2), 0)
    y = normalized(convolved(y, block.conv3), block.bn3)
    y += normalized(convolved(x, block.downsample[0]), block.downsample[1])
    np.testing.assert_allclose(block(x).data, np.maximum(y, 0), rtol=1e-10, atol=1e-10)


def test_the_gradient_passes_through_the_shortcut_unchanged() -> None:
    x = Tensor(images(1, 2, 5, 5), requires_grad=True)
    y = Subsample(5, 2)(x)
    assert y.shape == (1, 5, 3, 3)
    np.testing.assert_array_equal(y.data[:, 1:3], x.data[:, :, ::2, ::2])
    assert not y.data[:, [0, 3, 4]].any()
    grad_y = images(1, 5, 3, 3)
    (y * grad_y).sum().backward()
    expected = np.zeros((1, 2, 5, 5))
    expected[:, :, ::2, ::2] = grad_y[:, 1:3]
    np.testing.assert_array_equal(x.grad, expected)


def stage_shapes(model: nn.Module, x: np.ndarray) -> list[tuple[int, ...]]:
    shapes: list[tuple[int, ...]] = []
    for name, module in model.named_children():
        if name.startswith("layer"):
            module.register_forward_hook(lambda module, args, y: shapes.append(y.shape))
    with minicnn.no_grad():
        model.eval()(x)
    return shapes


def test_stages_have_the_shapes_of_the_paper() -> None:
    x = np.zeros((1, 3, 32, 32), np.float32)
    shapes = [(1, 16, 32, 32), (1, 32, 16, 16), (1, 64, 8, 8)]
    for option in ("A", "B", "plain"):
        assert stage_shapes(models.ResNetCIFAR(14, option=option), x) == shapes
    x = np.zeros((1, 3, 224, 224), np.float32)
    shapes = [(1, 64, 56, 56), (1, 128, 28, 28), (1, 256, 14, 14), (1, 512, 7, 7)]
    assert stage_shapes(models.resnet18(), x) == shapes
    shapes = [(1, 4 * c, h, w) for _, c, h, w in shapes]
    assert stage_shapes(models.resnet50(), x) == shapes


def test_zero_init_residual_makes_blocks_the_identity_at_first() -> None:
    model = models.ResNet(BasicBlock, [2, 1, 1, 1], 5, zero_init_residual=True)
    x = np.abs(images(2, 64, 4, 4)).astype(np.float32)
    np.testing.assert_array_equal(model.layer1(x).data, x)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"ResNetCIFAR: depth must be 6 n \+ 2 .* got 21"):
        models.ResNetCIFAR(21)
    with pytest.raises(ValueError, match="depth must be 6 n"):
        models.ResNetCIFAR(2)
    with pytest.raises(ValueError, match=r"ResNetCIFAR: option must be one of .* got 'C'"):
        models.ResNetCIFAR(20, option="C")
    with pytest.raises(ValueError, match=r"ResNet: layers must be four numbers .* got \[2, 2\]"):
        models.ResNet(BasicBlock, [2, 2])


@pytest.mark.parametrize("option", ["A", "B", "plain"])
def test_a_small_one_learns_and_every_parameter_gets_a_gradient(option: str) -> None:
    minicnn.manual_seed(0)
    model = models.ResNetCIFAR(8, option=option)
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    x = images(16, 3, 16, 16).astype(np.float32)
    labels = np.arange(16) % 10
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        assert all(p.grad is not None and np.any(p.grad) for p in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 1.5
    assert losses[-1] < 0.1
