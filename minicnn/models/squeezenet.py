"""SqueezeNet: AlexNet's accuracy from a fiftieth of its parameters, with torchvision's names."""

from __future__ import annotations

from typing import Any

from minicnn import nn
from minicnn.models._weights import Weights, with_weights
from minicnn.nn import functional as F
from minicnn.ops import cat

# Channels of a Fire module's squeeze layer and of each of its two expand layers; None is pooling.
FIRES: dict[str, tuple[tuple[int, int] | None, ...]] = {
    "1_0": (
        *(None, (16, 64), (16, 64), (32, 128)),
        *(None, (32, 128), (48, 192), (48, 192), (64, 256)),
        *(None, (64, 256)),
    ),
    "1_1": (
        *(None, (16, 64), (16, 64)),
        *(None, (32, 128), (32, 128)),
        *(None, (48, 192), (48, 192), (64, 256), (64, 256)),
    ),
}


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 ones side by side to many.

    Args:
        inplanes: Channels of the input.
        squeeze_planes: Channels of the first convolution.
        expand1x1_planes, expand3x3_planes: Channels of the two others; the output has their sum.

    Example:
        >>> import numpy as np
        >>> Fire(96, 16, 64, 64)(np.ones((1, 96, 5, 5), np.float32)).shape
        (1, 128, 5, 5)

    Source: Iandola et al., "SqueezeNet", arXiv:1602.07360, section 3.2.
    """

    def __init__(
        self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int
    ) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, 1)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, 1)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, 3, padding=1)

    def forward(self, x: Any) -> Any:
        x = self.squeeze(x, relu=True)
        return cat([self.expand1x1(x, relu=True), self.expand3x3(x, relu=True)], 1)


class SqueezeNet(nn.Module):
    """One convolution, eight Fire modules with pooling between, and a 1x1 convolution to classes.

    Args:
        version: "1_0" is the paper's; "1_1" pools earlier and needs 2.4 times less computation.
        num_classes: Classes to tell apart.
        dropout: Probability with which a value before the last convolution is dropped.

    Raises:
        ValueError: If the version is neither.

    Example:
        >>> import numpy as np
        >>> SqueezeNet("1_1", num_classes=5)(np.zeros((1, 3, 32, 32), np.float32)).shape
        (1, 5)

    Source: Iandola et al., "SqueezeNet", arXiv:1602.07360, table 1; 1.1 is the authors' own
    revision, as in torchvision.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in FIRES:
            raise ValueError(f"SqueezeNet: version must be one of {tuple(FIRES)}, got {version!r}")
        self.num_classes = num_classes
        channels, kernel = (96, 7) if version == "1_0" else (64, 3)
        layers: list[nn.Module] = [nn.Conv2d(3, channels, kernel, stride=2), nn.ReLU()]
        for fire in FIRES[version]:
            if fire is None:
                layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            else:
                squeeze, expand = fire
                layers.append(Fire(channels, squeeze, expand, expand))
                channels = 2 * expand
        self.features = nn.Sequential(*layers)  # (N, 512, H, W)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Conv2d(512, num_classes, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),  # (N, num_classes, 1, 1)
        )
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        last = self.classifier[1]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if module is last:
                    nn.init.normal_(module.weight, 0.0, 0.01)
                else:
                    nn.init.kaiming_uniform_(module.weight)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        """Return scores of shape (N, num_classes), none negative, for images (N, 3, H, W)."""
        return F.flatten(self.classifier(self.features(x)), 1)


def squeezenet1_0(
    num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None
) -> SqueezeNet:
    """Return SqueezeNet 1.0: 1,248,424 parameters for 1000 classes."""
    return with_weights(lambda: SqueezeNet("1_0", num_classes, dropout), weights)


def squeezenet1_1(
    num_classes: int = 1000, dropout: float = 0.5, *, weights: Weights = None
) -> SqueezeNet:
    """Return SqueezeNet 1.1: 1,235,496 parameters for 1000 classes."""
    return with_weights(lambda: SqueezeNet("1_1", num_classes, dropout), weights)
