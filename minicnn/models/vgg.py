"""VGG: nothing but 3x3 convolutions and 2x2 pooling, with torchvision's names."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.models._weights import Weights, with_weights
from minicnn.models.residual import reset_convolutions
from minicnn.nn import functional as F

# Output channels of each convolution, stage by stage; each stage ends with a pooling. Columns A, B
# (which has two convolutions everywhere), D and E of the paper's table 1.
STAGES: dict[int, tuple[tuple[int, ...], ...]] = {
    11: ((64,), (128,), (256,) * 2, (512,) * 2, (512,) * 2),
    13: ((64,) * 2, (128,) * 2, (256,) * 2, (512,) * 2, (512,) * 2),
    16: ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3),
    19: ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4),
}


class VGG(nn.Module):
    """Five stages of convolutions, which halve the image each, and three fully connected layers.

    Args:
        depth: Layers with weights: 11, 13, 16 or 19.
        num_classes: Classes to tell apart.
        batch_norm: Whether batch normalization follows each convolution.
        dropout: Probability with which a value between the fully connected layers is dropped.

    Raises:
        ValueError: If the depth is none of these.

    Source: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image
    recognition", arXiv:1409.1556, table 1 (A, B, D, E).
    """

    def __init__(
        self,
        depth: int,
        num_classes: int = 1000,
        batch_norm: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        with nn.init.undrawn():  # all values are drawn below
            self.features = convolutions("VGG", depth, batch_norm)  # (N, 512, H // 32, W // 32)
            self.avgpool = nn.AdaptiveAvgPool2d(7)  # (N, 512, 7, 7)
            self.classifier = nn.Sequential(
                nn.Linear(512 * 7 * 7, 4096),
                nn.ReLU(),
                nn.Dropout(dropout),
                nn.Linear(4096, 4096),
                nn.ReLU(),
                nn.Dropout(dropout),
                nn.Linear(4096, num_classes),
            )
        reset_convolutions(self)
        for module in self.classifier:
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, H, W), H, W >= 32."""
        return self.classifier(F.flatten(self.avgpool(self.features(x)), 1))


class VGGCIFAR(nn.Module):
    """VGG's convolutions for 32x32 images, of which they leave one pixel, and a single Linear.

    Args:
        depth: Which VGG: 11, 13, 16 or 19.
        num_classes: Classes to tell apart.
        batch_norm: Whether batch normalization follows each convolution.

    Raises:
        ValueError: If the depth is none of these.

    Example:
        >>> import numpy as np
        >>> VGGCIFAR(11)(np.zeros((1, 3, 32, 32), np.float32)).shape
        (1, 10)
    """

    def __init__(self, depth: int, num_classes: int = 10, batch_norm: bool = True) -> None:
        super().__init__()
        self.features = convolutions("VGGCIFAR", depth, batch_norm)  # (N, 512, 1, 1)
        self.classifier = nn.Linear(512, num_classes)
        reset_convolutions(self)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, 32, 32)."""
        return self.classifier(F.flatten(self.features(x), 1))


def convolutions(name: str, depth: int, batch_norm: bool) -> nn.Sequential:
    """Return the part of VGG before the fully connected layers."""
    if depth not in STAGES:
        raise ValueError(f"{name}: depth must be one of {tuple(STAGES)}, got {depth!r}")
    layers: list[nn.Module] = []
    in_channels = 3
    for stage in STAGES[depth]:
        for channels in stage:
            layers.append(nn.Conv2d(in_channels, channels, 3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(channels))
            layers.append(nn.ReLU())
            in_channels = channels
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


def vgg11(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-11: 132,863,336 parameters for 1000 classes."""
    return with_weights(lambda: VGG(11, num_classes, False, dropout), weights)


def vgg13(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-13: 133,047,848 parameters for 1000 classes."""
    return with_weights(lambda: VGG(13, num_classes, False, dropout), weights)


def vgg16(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-16: 138,357,544 parameters for 1000 classes."""
    return with_weights(lambda: VGG(16, num_classes, False, dropout), weights)


def vgg19(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-19: 143,667,240 parameters for 1000 classes."""
    return with_weights(lambda: VGG(19, num_classes, False, dropout), weights)


def vgg11_bn(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-11 with batch normalization: 132,868,840 parameters for 1000 classes."""
    return with_weights(lambda: VGG(11, num_classes, True, dropout), weights)


def vgg13_bn(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-13 with batch normalization: 133,053,736 parameters for 1000 classes."""
    return with_weights(lambda: VGG(13, num_classes, True, dropout), weights)


def vgg16_bn(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-16 with batch normalization: 138,365,992 parameters for 1000 classes."""
    return with_weights(lambda: VGG(16, num_classes, True, dropout), weights)


def vgg19_bn(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> VGG:
    """Return VGG-19 with batch normalization: 143,678,248 parameters for 1000 classes."""
    return with_weights(lambda: VGG(19, num_classes, True, dropout), weights)
