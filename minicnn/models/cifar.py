"""A small network for CIFAR-10."""

from __future__ import annotations

from typing import Any

from minicnn import nn


class CIFARNet(nn.Module):
    """Three convolutions with pooling and two fully connected layers, 541,094 parameters.

    Args:
        num_classes: Classes to tell apart.
        dropout: Probability with which a value before a fully connected layer is dropped.

    Example:
        >>> import numpy as np
        >>> CIFARNet()(np.zeros((2, 3, 32, 32), np.float32)).shape
        (2, 10)
    """

    def __init__(self, num_classes: int = 10, dropout: float = 0.25) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 16, 16, 16)
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 32, 8, 8)
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 64, 4, 4)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (N, 1024)
            nn.Dropout(dropout),
            nn.Linear(64 * 4 * 4, 500),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(500, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, 32, 32)."""
        return self.classifier(self.features(x))
