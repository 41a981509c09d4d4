"""LeNet-5, the network that read the digits of bank cheques."""

from __future__ import annotations

from typing import Any

from minicnn import nn


class LeNet5(nn.Module):
    """Two convolutions and three fully connected layers, 61,706 parameters for 10 classes.

    The layers' sizes are those of 1998. As is usual now, the activation is ReLU, pooling takes the
    maximum and has no parameters, every map of the second convolution sees all maps of the first,
    and the last layer gives logits.

    Args:
        num_classes: Classes to tell apart.
        in_channels: Channels of the images.

    Example:
        >>> import numpy as np
        >>> LeNet5()(np.zeros((64, 1, 28, 28), np.float32)).shape
        (64, 10)

    Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
    recognition", Proc. IEEE 86(11), 1998, section II.B and figure 2.
    """

    def __init__(self, num_classes: int = 10, in_channels: int = 1) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5, padding=2),  # (N, 6, 28, 28)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5),  # (N, 16, 10, 10)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 400)
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, in_channels, 28, 28)."""
        return self.classifier(self.features(x))
