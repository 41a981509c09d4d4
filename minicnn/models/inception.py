"""The modules of GoogLeNet: convolutions of several sizes side by side, and a side exit."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.nn import functional as F
from minicnn.nn.fusion import convolved_and_normalized
from minicnn.ops import cat


class BasicConv2d(nn.Module):
    """A convolution without bias, batch normalization and ReLU.

    Example:
        >>> import numpy as np
        >>> BasicConv2d(3, 8, 5, stride=2)(np.ones((1, 3, 9, 9), np.float32)).shape
        (1, 8, 3, 3)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Any) -> Any:
        return convolved_and_normalized(self.conv, self.bn, x, relu=True)


class Inception(nn.Module):
    """Four branches on one input, whose outputs are joined: 1x1, 3x3, "5x5" and pooling.

    Args:
        in_channels: Channels of the input.
        ch1x1: Channels of the 1x1 branch.
        ch3x3red, ch3x3: Channels of the 1x1 and of the 3x3 convolution of the second branch.
        ch5x5red, ch5x5: Channels of the third branch. Its second convolution is 3x3, as in
            torchvision and its weights; the paper's is 5x5.
        pool_proj: Channels of the 1x1 convolution after pooling.

    Example:
        >>> import numpy as np
        >>> Inception(8, 4, 2, 6, 2, 3, 5)(np.ones((1, 8, 7, 7), np.float32)).shape
        (1, 18, 7, 7)

    Source: Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842, section 4 and
    figure 2 (b).
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, ch1x1, 1)
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, ch3x3red, 1), BasicConv2d(ch3x3red, ch3x3, 3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, ch5x5red, 1), BasicConv2d(ch5x5red, ch5x5, 3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(in_channels, pool_proj, 1),
        )

    def forward(self, x: Any) -> Any:
        branches = [self.branch1, self.branch2, self.branch3, self.branch4]
        return cat([branch(x) for branch in branches], 1)


class InceptionAux(nn.Module):
    """A classifier in the middle of the network, which brings gradients to its lower half.

    Args:
        in_channels: Channels of the input.
        num_classes: Classes to tell apart.
        dropout: Probability with which a value before the last layer is dropped.

    Example:
        >>> import numpy as np
        >>> InceptionAux(512, 10)(np.ones((1, 512, 14, 14), np.float32)).shape
        (1, 10)

    Source: Szegedy et al., arXiv:1409.4842, section 5; pooled to 4x4 whatever the input's size, as
    in torchvision.
    """

    def __init__(self, in_channels: int, num_classes: int, dropout: float = 0.7) -> None:
        super().__init__()
        self.conv = BasicConv2d(in_channels, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Any) -> Any:
        x = self.conv(F.adaptive_avg_pool2d(x, 4))  # (N, 128, 4, 4)
        x = F.relu(self.fc1(F.flatten(x, 1)))
        return self.fc2(self.dropout(x))
