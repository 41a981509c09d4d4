"""AlexNet, as torchvision has it and as it was in 2012."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.models._weights import Weights, with_weights
from minicnn.nn import functional as F


class AlexNet(nn.Module):
    """torchvision's AlexNet: five convolutions and three fully connected layers, one column.

    61,100,840 parameters for 1000 classes. For the network of 2012 see `AlexNetGrouped`.

    Args:
        num_classes: Classes to tell apart.
        dropout: Probability with which a value before a hidden fully connected layer is dropped.

    Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
    arXiv:1404.5997, with the widths of torchvision.models.alexnet.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),  # (N, 64, 55, 55) of 224x224
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # (N, 64, 27, 27)
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # (N, 192, 13, 13)
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # (N, 256, 6, 6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = _classifier(num_classes, dropout)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, H, W), H, W >= 63."""
        return self.classifier(F.flatten(self.avgpool(self.features(x)), 1))


class AlexNetGrouped(nn.Module):
    """The AlexNet of 2012: two columns in three convolutions, normalization by neighbour channels.

    60,965,224 parameters for 1000 classes. Each of the two processors of then held one group of the
    second, fourth and fifth convolution. An image is 227x227; the paper says 224, which does not
    give its 55x55 outputs.

    Args:
        num_classes: Classes to tell apart.
        dropout: Probability with which a value before a hidden fully connected layer is dropped.

    Source: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural
    networks", NIPS 2012, sections 3 and 5 (the initial values).
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        with nn.init.undrawn():  # all values are drawn below
            self.features = nn.Sequential(
                nn.Conv2d(3, 96, 11, stride=4),  # (N, 96, 55, 55)
                nn.ReLU(),
                _brightness_normalization(),
                nn.MaxPool2d(3, stride=2),  # (N, 96, 27, 27)
                nn.Conv2d(96, 256, 5, padding=2, groups=2),
                nn.ReLU(),
                _brightness_normalization(),
                nn.MaxPool2d(3, stride=2),  # (N, 256, 13, 13)
                nn.Conv2d(256, 384, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(384, 384, 3, padding=1, groups=2),
                nn.ReLU(),
                nn.Conv2d(384, 256, 3, padding=1, groups=2),
                nn.ReLU(),
                nn.MaxPool2d(3, stride=2),  # (N, 256, 6, 6)
            )
            self.classifier = _classifier(num_classes, dropout)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        layers = [m for m in self.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        for number, layer in enumerate(layers, start=1):
            nn.init.normal_(layer.weight, 0, 0.01)
            assert layer.bias is not None
            # 1 gives the ReLUs positive inputs at first: layers 2, 4, 5 and the hidden ones, 6, 7
            nn.init.constant_(layer.bias, 1.0 if number in (2, 4, 5, 6, 7) else 0.0)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, 227, 227)."""
        return self.classifier(F.flatten(self.features(x), 1))


def _brightness_normalization() -> nn.LocalResponseNorm:
    # The paper's alpha of 1e-4 multiplies a sum over 5 channels, torch's their mean.
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def _classifier(num_classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(256 * 6 * 6, 4096),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, num_classes),
    )


def alexnet(num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None) -> AlexNet:
    """Return torchvision's AlexNet: 61,100,840 parameters for 1000 classes.

    Args:
        num_classes, dropout: As of `AlexNet`.
        weights: Path of a .safetensors file with the network's state_dict; None draws new values.
    """
    return with_weights(lambda: AlexNet(num_classes, dropout), weights)
