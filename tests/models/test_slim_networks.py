"""GoogLeNet, SqueezeNet and MobileNetV2 have their papers' shapes, and learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
import minicnn.nn.functional as F
from minicnn import models, nn
from minicnn.models.mobilenet import make_divisible
from minicnn.optim import Adam


def stages(model: nn.Module, names: list[str], size: int) -> list[tuple[int, ...]]:
    """Shapes without N of what the named modules give for one image."""
    shapes: list[tuple[int, ...]] = []
    for name in names:
        model.get_submodule(name).register_forward_hook(
            lambda module, args, y: shapes.append(y.shape[1:])
        )
    with minicnn.no_grad():
        model.eval()(np.zeros((1, 3, size, size), np.float32))
    return shapes


def test_stages_of_googlenet_are_those_of_the_papers_table() -> None:
    names = ["conv1", "maxpool1", "conv3", "maxpool2", "inception3a", "inception3b", "maxpool3"]
    names += [f"inception4{letter}" for letter in "abcde"]
    names += ["maxpool4", "inception5a", "inception5b", "avgpool"]
    assert stages(models.GoogLeNet(), names, 224) == [
        (64, 112, 112),
        (64, 56, 56),
        (192, 56, 56),
        (192, 28, 28),
        (256, 28, 28),
        (480, 28, 28),
        (480, 14, 14),
        *[(512, 14, 14)] * 3,
        (528, 14, 14),
        (832, 14, 14),
        (832, 7, 7),
        (832, 7, 7),
        (1024, 7, 7),
        (1024, 1, 1),
    ]


def test_stages_of_squeezenet_are_those_of_the_papers_table() -> None:
    names = [f"features.{i}" for i in (0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]
    # An image of 227 gives the 111 x 111 of the table: (227 - 7) / 2 + 1; so does one of 224 padded
    assert stages(models.SqueezeNet("1_0"), names, 227) == [
        (96, 111, 111),
        (96, 55, 55),
        (128, 55, 55),
        (128, 55, 55),
        (256, 55, 55),
        (256, 27, 27),
        (256, 27, 27),
        (384, 27, 27),
        (384, 27, 27),
        (512, 27, 27),
        (512, 13, 13),
        (512, 13, 13),
    ]


def test_stages_of_mobilenet_are_those_of_the_papers_table() -> None:
    names = [f"features.{i}" for i in (0, 1, 3, 6, 10, 13, 16, 17, 18)]
    assert stages(models.MobileNetV2(), names, 224) == [
        (32, 112, 112),
        (16, 112, 112),
        (24, 56, 56),
        (32, 28, 28),
        (64, 14, 14),
        (96, 14, 14),
        (160, 7, 7),
        (320, 7, 7),
        (1280, 7, 7),
    ]


@pytest.mark.parametrize("channels", range(1, 200))
def test_rounded_channels_are_near_multiples_of_eight(channels: int) -> None:
    rounded = make_divisible(channels)
    assert rounded % 8 == 0
    assert 0.9 * channels <= rounded
    assert abs(rounded - channels) <= 8 or channels < 8


def test_googlenet_returns_its_side_exits_in_training_only() -> None:
    minicnn.manual_seed(0)
    model = models.GoogLeNet(7)
    x = np.random.default_rng(0).normal(size=(2, 3, 64, 64)).astype(np.float32)
    out = model(x)
    assert isinstance(out, models.GoogLeNetOutputs)
    assert [y.shape for y in out] == [(2, 7)] * 3
    assert model.eval()(x).shape == (2, 7)
    weights = model.train().conv1.conv.weight
    model(x).aux_logits1.sum().backward()
    assert weights.grad is not None  # the side exit reaches the first layer
    assert model.fc.weight.grad is None


def test_transform_input_changes_the_normalization_from_imagenets() -> None:
    pixels = np.random.default_rng(0).random((2, 3, 32, 32))
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    imagenet = (pixels - mean[:, None, None]) / std[:, None, None]
    model = models.GoogLeNet(3, aux_logits=False).double().eval()
    expected = model((pixels - 0.5) / 0.5).detach().numpy()
    model.transform_input = True
    np.testing.assert_allclose(model(imagenet).detach().numpy(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "reached"),
    [
        # SqueezeNet ends with a ReLU, under which a class's score can stay 0 for ever: here some do
        (lambda: models.SqueezeNet("1_1", num_classes=4, dropout=0.0), 0.8),
        (lambda: models.MobileNetV2(4, width_mult=0.25, dropout=0.0), 0.3),
    ],
    ids=["squeezenet", "mobilenet"],
)
def test_small_ones_learn(make: Any, reached: float) -> None:
    minicnn.manual_seed(0)
    model = make()
    optimizer = Adam(model.parameters(), lr=3e-4)
    x = np.random.default_rng(1).normal(size=(8, 3, 32, 32)).astype(np.float32)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), np.arange(8) % 4)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 1.2
    assert losses[-1] < reached


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^SqueezeNet: version must be one of .*, got '2_0'"):
        models.SqueezeNet("2_0")
    with pytest.raises(ValueError, match=r"^MobileNetV2: width_mult must be positive, got 0"):
        models.MobileNetV2(width_mult=0)
