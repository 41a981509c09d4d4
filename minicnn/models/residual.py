"""The blocks of residual networks: what goes in is added to what comes out."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.nn.fusion import convolved_and_normalized


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, each with batch normalization, around which the input is led.

    relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)); the sum and the ReLU are made in the pass
    of the normalization over memory, and that in the convolution's where no gradient is recorded.

    Args:
        in_channels: Channels of the input.
        channels: Channels of both convolutions, and `channels * expansion` of the output.
        stride: Pixels the first convolution moves at a time.
        downsample: What brings the input to the output's shape; None where it has that already.
        skip: Whether the input is added at all; without, the block is one of a plain network.

    Example:
        >>> import numpy as np
        >>> BasicBlock(16, 16)(np.ones((1, 16, 8, 8), np.float32)).shape
        (1, 16, 8, 8)

    Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", arXiv:1512.03385,
    section 3 and figure 5 (left).
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        skip: bool = True,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample
        self.skip = skip

    def forward(self, x: Any) -> Any:
        y = convolved_and_normalized(self.conv1, self.bn1, x, relu=True)
        shortcut = None
        if self.skip:
            shortcut = x if self.downsample is None else self.downsample(x)
        return convolved_and_normalized(self.conv2, self.bn2, y, residual=shortcut, relu=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, the last four times as wide, around which the input is led.

    As in torchvision it is the 3x3 convolution that moves by `stride`; in the paper it is the
    first 1x1 convolution.

    Args:
        in_channels: Channels of the input.
        channels: Channels of the first two convolutions; the output has `4 * channels`.
        stride: Pixels the 3x3 convolution moves at a time.
        downsample: What brings the input to the output's shape; None where it has that already.

    Example:
        >>> import numpy as np
        >>> Bottleneck(64, 16)(np.ones((1, 64, 8, 8), np.float32)).shape
        (1, 64, 8, 8)

    Source: arXiv:1512.03385, section 4.1 and figure 5 (right).
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = convolved_and_normalized(self.conv1, self.bn1, x, relu=True)
        y = convolved_and_normalized(self.conv2, self.bn2, y, relu=True)
        return convolved_and_normalized(self.conv3, self.bn3, y, residual=shortcut, relu=True)


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """Return the shortcut with parameters: a 1x1 convolution and batch normalization."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
    )


def reset_convolutions(model: nn.Module) -> None:
    """Draw the weights of all convolutions anew, so that gradients before a ReLU keep their size.

    Source: He et al., "Delving deep into rectifiers", arXiv:1502.01852, section 2.2.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
