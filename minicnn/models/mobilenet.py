"""MobileNetV2: depthwise convolutions between narrow layers, with torchvision's names."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.models._weights import Weights, with_weights
from minicnn.nn import functional as F

# Expansion, output channels, blocks, stride of the first one: table 2 of the paper.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def make_divisible(channels: float, divisor: int = 8) -> int:
    """Return the multiple of `divisor` nearest to `channels`, but not below 90 % of it.

    Example:
        >>> make_divisible(32 * 0.75), make_divisible(16 * 0.35)
        (24, 8)
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * channels else rounded + divisor


def convolution(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return a convolution that keeps the size (but for its stride), normalized, under ReLU6."""
    return nn.Sequential(
        nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=False,
        ),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """1x1 to many channels, 3x3 on each channel alone, 1x1 to few, around which x may be led.

    Args:
        inp: Channels of the input.
        oup: Channels of the output; where they equal those of the input and stride is 1, the input
            is added.
        stride: Pixels the 3x3 convolution moves at a time.
        expand_ratio: Channels between for each channel of the input; at 1 there is no first layer.

    Example:
        >>> import numpy as np
        >>> InvertedResidual(16, 24, 2, 6)(np.ones((1, 16, 8, 8), np.float32)).shape
        (1, 24, 4, 4)

    Source: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks",
    arXiv:1801.04381, section 3 and table 1.
    """

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        hidden = inp * expand_ratio
        layers = [] if expand_ratio == 1 else [convolution(inp, hidden, 1)]
        self.conv = nn.Sequential(
            *layers,
            convolution(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, oup, 1, bias=False),
            nn.BatchNorm2d(oup),
        )
        self.use_res_connect = stride == 1 and inp == oup

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        return x + y if self.use_res_connect else y


class MobileNetV2(nn.Module):
    """A 3x3 convolution, seventeen inverted residuals, a 1x1 convolution and a Linear.

    Args:
        num_classes: Classes to tell apart.
        width_mult: Factor on the channels of every layer, which are then rounded to multiples of 8;
            the last convolution has never fewer than 1280.
        dropout: Probability with which a value before the Linear is dropped.

    Raises:
        ValueError: Unless width_mult is positive.

    Example:
        >>> import numpy as np
        >>> MobileNetV2(5, width_mult=0.25)(np.zeros((2, 3, 32, 32), np.float32)).shape
        (2, 5)

    Source: Sandler et al., arXiv:1801.04381, table 2; initial values and rounding as in
    torchvision.
    """

    def __init__(
        self, num_classes: int = 1000, width_mult: float = 1.0, dropout: float = 0.2
    ) -> None:
        super().__init__()
        if not width_mult > 0:
            raise ValueError(f"MobileNetV2: width_mult must be positive, got {width_mult}")
        channels = make_divisible(32 * width_mult)
        self.last_channel = make_divisible(1280 * max(1.0, width_mult))
        layers: list[nn.Module] = [convolution(3, channels, 3, stride=2)]
        for expand_ratio, width, blocks, stride in STAGES:
            out_channels = make_divisible(width * width_mult)
            for i in range(blocks):
                layers.append(
                    InvertedResidual(channels, out_channels, stride if i == 0 else 1, expand_ratio)
                )
                channels = out_channels
        layers.append(convolution(channels, self.last_channel, 1))
        self.features = nn.Sequential(*layers)  # (N, last_channel, H // 32, W // 32)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(self.last_channel, num_classes)
        )
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.normal_(module.weight, 0.0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes) for images of shape (N, 3, H, W)."""
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        return self.classifier(F.flatten(x, 1))


def mobilenet_v2(
    num_classes: int = 1000,
    width_mult: float = 1.0,
    dropout: float = 0.2,
    *,
    weights: Weights = None,
) -> MobileNetV2:
    """Return MobileNetV2: 3,504,872 parameters for 1000 classes and width_mult 1."""
    return with_weights(lambda: MobileNetV2(num_classes, width_mult, dropout), weights)
