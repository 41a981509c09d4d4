"""AlexNet, VGG and the network for CIFAR have the papers' shapes and initial values."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
import minicnn.nn.functional as F
from minicnn import models, nn


def shapes_of(features: nn.Sequential, x: np.ndarray, kind: type) -> list[tuple[int, ...]]:
    """Shapes without N after each module of one kind."""
    shapes: list[tuple[int, ...]] = []
    for module in features:
        if isinstance(module, kind):
            module.register_forward_hook(lambda module, args, y: shapes.append(y.shape[1:]))
    with minicnn.no_grad():
        features(x)
    return shapes


@pytest.fixture
def no_initial_values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("uniform_", "normal_"):
        monkeypatch.setattr(nn.init, name, lambda tensor, *args, **kwargs: tensor)


def test_vgg_halves_the_image_five_times(no_initial_values: None) -> None:
    x = np.zeros((1, 3, 64, 64), np.float32)
    expected = [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    for depth in (11, 16):
        model = models.VGGCIFAR(depth, batch_norm=False)
        assert shapes_of(model.features, x, nn.MaxPool2d) == expected
        assert sum(isinstance(m, nn.Conv2d) for m in model.features) == depth - 3


def test_alexnets_have_the_shapes_of_the_papers(no_initial_values: None) -> None:
    x = np.zeros((1, 3, 224, 224), np.float32)
    shapes = shapes_of(models.AlexNet(10).features, x, nn.MaxPool2d)
    assert shapes == [(64, 27, 27), (192, 13, 13), (256, 6, 6)]
    x = np.zeros((1, 3, 227, 227), np.float32)
    shapes = shapes_of(models.AlexNetGrouped(10).features, x, nn.Conv2d)
    assert shapes == [(96, 55, 55), (256, 27, 27), (384, 13, 13), (384, 13, 13), (256, 13, 13)]


def test_the_initial_values_of_2012(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(nn.init, "uniform_", lambda tensor, *args: tensor)
    monkeypatch.setattr(nn.init, "normal_", lambda t, mean, std: drawn.append((mean, std)))
    model = models.AlexNetGrouped()
    assert drawn == [(0, 0.01)] * 8
    biases = [p.data for name, p in model.named_parameters() if name.endswith("bias")]
    assert [set(b.tolist()) for b in biases] == [{v} for v in (0, 1, 0, 1, 1, 1, 1, 0)]


def test_the_first_signals_of_vgg_keep_their_size() -> None:
    minicnn.manual_seed(0)
    model = models.VGGCIFAR(16, batch_norm=False).eval()
    x = np.random.default_rng(0).normal(size=(4, 3, 32, 32)).astype(np.float32)
    with minicnn.no_grad():
        y = model.features(x).data
    assert 0.05 < np.sqrt(np.mean(y**2)) < 20  # of uniform +-1 / sqrt(fan_in), 1e-5 is left


def test_depths_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^VGG: depth must be one of \(11, 13, 16, 19\), got 12"):
        models.VGG(12)
    with pytest.raises(ValueError, match=r"^VGGCIFAR: depth must be one of"):
        models.VGGCIFAR(20)


@pytest.mark.parametrize(
    ("model", "channels"), [("CIFARNet", 10), ("VGGCIFAR", 10), ("VGGCIFAR", 7)]
)
def test_the_small_ones_train(model: str, channels: int) -> None:
    minicnn.manual_seed(0)
    x = np.random.default_rng(0).normal(size=(4, 3, 32, 32)).astype(np.float32)
    made = models.CIFARNet() if model == "CIFARNet" else models.VGGCIFAR(11, channels)
    logits = made(x)
    assert logits.shape == (4, channels)
    F.cross_entropy(logits, np.arange(4)).backward()
    assert all(p.grad is not None and np.isfinite(p.grad).all() for p in made.parameters())
