"""Residual networks for the 32x32 images of CIFAR."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn._checks import integer
from minicnn.models._weights import Weights, with_weights
from minicnn.models.residual import BasicBlock, projection, reset_convolutions
from minicnn.nn import functional as F
from minicnn.nn.fusion import convolved_and_normalized

OPTIONS = ("A", "B", "plain")


class Subsample(nn.Module):
    """The shortcut without parameters: every stride-th pixel, and channels of zeros on both sides.

    Args:
        out_channels: Channels of the output; half of the new ones come before the old ones.
        stride: Pixels from one that is kept to the next.

    Example:
        >>> import numpy as np
        >>> Subsample(32, 2)(np.ones((1, 16, 8, 8), np.float32)).shape
        (1, 32, 4, 4)
    """

    def __init__(self, out_channels: int, stride: int) -> None:
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x: Any) -> Any:
        added = self.out_channels - x.shape[1]
        x = F.max_pool2d(x, 1, self.stride)  # of a window of one pixel: that pixel
        return F.pad(x, (0, 0, 0, 0, added // 2, added - added // 2))

    def extra_repr(self) -> str:
        return f"{self.out_channels}, stride={self.stride}"


class ResNetCIFAR(nn.Module):
    """A 3x3 convolution, three stages of residual blocks with 16, 32, 64 channels, and one Linear.

    Args:
        depth: Layers with weights, 6 n + 2 for n blocks in each stage: 20, 32, 44, 56, 110, ...
        num_classes: Classes to tell apart.
        option: What the shortcut does where the shape changes: "A" takes every second pixel and
            adds channels of zeros (the paper's choice here), "B" is a 1x1 convolution with batch
            normalization. "plain" leaves out all shortcuts: the network the paper compares with.

    Raises:
        ValueError: If the depth is not 6 n + 2, or the option is none of these.

    Example:
        >>> import numpy as np
        >>> model = ResNetCIFAR(20)
        >>> sum(p.numel() for p in model.parameters())
        269722
        >>> model(np.zeros((2, 3, 32, 32), np.float32)).shape
        (2, 10)

    Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
    section 4.2.
    """

    def __init__(self, depth: int, num_classes: int = 10, option: str = "A") -> None:
        super().__init__()
        n, rest = divmod(integer("ResNetCIFAR", "depth", depth) - 2, 6)
        if n < 1 or rest:
            raise ValueError(
                f"ResNetCIFAR: depth must be 6 n + 2 for n blocks in each stage (8, 14, 20, 26, 32,"
                f" ...), got {depth}"
            )
        if option not in OPTIONS:
            raise ValueError(f"ResNetCIFAR: option must be one of {OPTIONS}, got {option!r}")
        self.depth, self.option = depth, option
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = _stage(16, 16, n, 1, option)  # (N, 16, 32, 32)
        self.layer2 = _stage(16, 32, n, 2, option)  # (N, 32, 16, 16)
        self.layer3 = _stage(32, 64, n, 2, option)  # (N, 64, 8, 8)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, num_classes)
        reset_convolutions(self)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, H, W)."""
        x = convolved_and_normalized(self.conv1, self.bn1, x, relu=True)
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(F.flatten(self.avgpool(x), 1))


def _stage(in_channels: int, channels: int, n: int, stride: int, option: str) -> nn.Sequential:
    shortcut: nn.Module | None = None
    if stride != 1 and option == "A":
        shortcut = Subsample(channels, stride)
    elif stride != 1 and option == "B":
        shortcut = projection(in_channels, channels, stride)
    skip = option != "plain"
    first = BasicBlock(in_channels, channels, stride, shortcut, skip)
    return nn.Sequential(first, *(BasicBlock(channels, channels, skip=skip) for _ in range(n - 1)))


def resnet20(num_classes: int = 10, option: str = "A", *, weights: Weights = None) -> ResNetCIFAR:
    """Return `ResNetCIFAR(20)`: 269,722 parameters for 10 classes."""
    return with_weights(lambda: ResNetCIFAR(20, num_classes, option), weights)


def resnet32(num_classes: int = 10, option: str = "A", *, weights: Weights = None) -> ResNetCIFAR:
    """Return `ResNetCIFAR(32)`: 464,154 parameters for 10 classes."""
    return with_weights(lambda: ResNetCIFAR(32, num_classes, option), weights)


def resnet44(num_classes: int = 10, option: str = "A", *, weights: Weights = None) -> ResNetCIFAR:
    """Return `ResNetCIFAR(44)`: 658,586 parameters for 10 classes."""
    return with_weights(lambda: ResNetCIFAR(44, num_classes, option), weights)


def resnet56(num_classes: int = 10, option: str = "A", *, weights: Weights = None) -> ResNetCIFAR:
    """Return `ResNetCIFAR(56)`: 853,018 parameters for 10 classes."""
    return with_weights(lambda: ResNetCIFAR(56, num_classes, option), weights)


def resnet110(num_classes: int = 10, option: str = "A", *, weights: Weights = None) -> ResNetCIFAR:
    """Return `ResNetCIFAR(110)`: 1,727,962 parameters for 10 classes."""
    return with_weights(lambda: ResNetCIFAR(110, num_classes, option), weights)
