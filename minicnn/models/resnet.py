"""Residual networks for the 224x224 images of ImageNet, with torchvision's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn import nn
from minicnn.models._weights import Weights, with_weights
from minicnn.models.residual import BasicBlock, Bottleneck, projection, reset_convolutions
from minicnn.nn import functional as F
from minicnn.nn.fusion import convolved_and_normalized


class ResNet(nn.Module):
    """A 7x7 convolution, four stages of residual blocks with 64, 128, 256, 512 channels, a Linear.

    Args:
        block: `BasicBlock` or `Bottleneck` (whose outputs have four times the channels).
        layers: Blocks in each of the four stages.
        num_classes: Classes to tell apart.
        zero_init_residual: Whether each block is at first the identity: its last normalization
            begins with weight 0.

    Example:
        >>> import numpy as np
        >>> model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=5)
        >>> model(np.zeros((2, 3, 64, 64), np.float32)).shape
        (2, 5)

    Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
    table 1.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        if len(layers) != 4 or min(layers) < 1:
            raise ValueError(
                f"ResNet: layers must be four numbers of blocks, each at least 1, got {layers}"
            )
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)  # (N, 64, 112, 112)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        wide = block.expansion
        self.layer1 = _stage(block, 64, 64, layers[0], 1)  # (N, 64 wide, 56, 56)
        self.layer2 = _stage(block, 64 * wide, 128, layers[1], 2)  # (N, 128 wide, 28, 28)
        self.layer3 = _stage(block, 128 * wide, 256, layers[2], 2)  # (N, 256 wide, 14, 14)
        self.layer4 = _stage(block, 256 * wide, 512, layers[3], 2)  # (N, 512 wide, 7, 7)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * wide, num_classes)
        reset_convolutions(self)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, (BasicBlock, Bottleneck)):
                    last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                    assert last.weight is not None  # these layers are affine
                    nn.init.zeros_(last.weight)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, H, W)."""
        x = self.maxpool(convolved_and_normalized(self.conv1, self.bn1, x, relu=True))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(F.flatten(self.avgpool(x), 1))


def _stage(
    block: type[BasicBlock] | type[Bottleneck], in_channels: int, channels: int, n: int, stride: int
) -> nn.Sequential:
    out_channels = channels * block.expansion
    shortcut = None
    if stride != 1 or in_channels != out_channels:
        shortcut = projection(in_channels, out_channels, stride)
    first = block(in_channels, channels, stride, shortcut)
    return nn.Sequential(first, *(block(out_channels, channels) for _ in range(n - 1)))


def resnet18(
    num_classes: int = 1000, zero_init_residual: bool = False, *, weights: Weights = None
) -> ResNet:
    """Return ResNet-18: 11,689,512 parameters for 1000 classes."""
    return with_weights(
        lambda: ResNet(BasicBlock, [2, 2, 2, 2], num_classes, zero_init_residual), weights
    )


def resnet34(
    num_classes: int = 1000, zero_init_residual: bool = False, *, weights: Weights = None
) -> ResNet:
    """Return ResNet-34: 21,797,672 parameters for 1000 classes."""
    return with_weights(
        lambda: ResNet(BasicBlock, [3, 4, 6, 3], num_classes, zero_init_residual), weights
    )


def resnet50(
    num_classes: int = 1000, zero_init_residual: bool = False, *, weights: Weights = None
) -> ResNet:
    """Return ResNet-50: 25,557,032 parameters for 1000 classes."""
    return with_weights(
        lambda: ResNet(Bottleneck, [3, 4, 6, 3], num_classes, zero_init_residual), weights
    )


def resnet101(
    num_classes: int = 1000, zero_init_residual: bool = False, *, weights: Weights = None
) -> ResNet:
    """Return ResNet-101: 44,549,160 parameters for 1000 classes."""
    return with_weights(
        lambda: ResNet(Bottleneck, [3, 4, 23, 3], num_classes, zero_init_residual), weights
    )


def resnet152(
    num_classes: int = 1000, zero_init_residual: bool = False, *, weights: Weights = None
) -> ResNet:
    """Return ResNet-152: 60,192,808 parameters for 1000 classes."""
    return with_weights(
        lambda: ResNet(Bottleneck, [3, 8, 36, 3], num_classes, zero_init_residual), weights
    )
