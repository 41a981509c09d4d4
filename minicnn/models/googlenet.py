"""GoogLeNet, the first Inception network, with torchvision's names."""

from __future__ import annotations

from typing import Any, NamedTuple

from minicnn import nn
from minicnn.models._weights import Weights, read, with_state
from minicnn.models.inception import BasicConv2d, Inception, InceptionAux
from minicnn.nn import functional as F
from minicnn.ops import cat

# Standard deviation and mean of ImageNet's red, green and blue, by which its images are normalized.
IMAGENET = ((0.229, 0.485), (0.224, 0.456), (0.225, 0.406))


class GoogLeNetOutputs(NamedTuple):
    """What GoogLeNet returns while it trains with its side exits: logits of shape (N, classes)."""

    logits: Any
    aux_logits2: Any
    aux_logits1: Any


class GoogLeNet(nn.Module):
    """Three convolutions, nine Inception modules, a Linear, and two side exits for training.

    Args:
        num_classes: Classes to tell apart.
        aux_logits: Whether there are side exits; `forward` then returns `GoogLeNetOutputs` in
            training, and the logits alone in `eval`.
        transform_input: Whether images that were normalized with ImageNet's means and deviations
            are brought to mean and deviation 0.5, which the published weights expect.
        dropout: Probability with which a value before the last layer is dropped.
        dropout_aux: The same in the side exits.

    Example:
        >>> import numpy as np
        >>> model = GoogLeNet(num_classes=5, aux_logits=False)
        >>> model(np.zeros((2, 3, 32, 32), np.float32)).shape
        (2, 5)

    Source: Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842, table 1; with batch
    normalization, as in torchvision.
    """

    aux1: InceptionAux | None
    aux2: InceptionAux | None

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.conv1 = BasicConv2d(3, 64, 7, stride=2, padding=3)  # (N, 64, 112, 112) of 224x224
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # (N, 64, 56, 56)
        self.conv2 = BasicConv2d(64, 64, 1)
        self.conv3 = BasicConv2d(64, 192, 3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # (N, 192, 28, 28)
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # (N, 480, 14, 14)
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)  # (N, 832, 7, 7)
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)  # (N, 1024, 7, 7)
        self.aux1 = self.aux2 = None
        if aux_logits:
            self.aux1 = InceptionAux(512, num_classes, dropout_aux)
            self.aux2 = InceptionAux(528, num_classes, dropout_aux)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(1024, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, 0.0, 0.01, -2, 2)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (N, num_classes), or `GoogLeNetOutputs`, for (N, 3, H, W)."""
        if self.transform_input:
            x = _transformed(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = after_4a = self.inception4a(x)
        x = after_4d = self.inception4d(self.inception4c(self.inception4b(x)))
        x = self.maxpool4(self.inception4e(x))
        x = self.avgpool(self.inception5b(self.inception5a(x)))
        logits = self.fc(self.dropout(F.flatten(x, 1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return GoogLeNetOutputs(logits, self.aux2(after_4d), self.aux1(after_4a))
        return logits


def _transformed(x: Any) -> Any:
    """Return images normalized with ImageNet's statistics as if with mean and deviation 0.5."""
    channels = [
        x[:, i : i + 1] * (std / 0.5) + (mean - 0.5) / 0.5 for i, (std, mean) in enumerate(IMAGENET)
    ]
    return cat(channels, 1)


def googlenet(
    num_classes: int = 1000,
    aux_logits: bool | None = None,
    transform_input: bool | None = None,
    dropout: float = 0.2,
    dropout_aux: float = 0.7,
    *,
    weights: Weights = None,
) -> GoogLeNet:
    """Return GoogLeNet: 6,624,904 parameters for 1000 classes, 13,004,888 with its side exits.

    With `weights`, side exits are left out and inputs transformed unless said otherwise, as in
    torchvision; a file may hold weights of side exits in either case.
    """
    aux = weights is None if aux_logits is None else aux_logits
    transform = weights is not None if transform_input is None else transform_input
    if weights is None:
        return GoogLeNet(num_classes, aux, transform, dropout, dropout_aux)
    state = read(weights)
    stored_aux = any(key.startswith("aux1.") for key in state)
    model = with_state(
        lambda: GoogLeNet(num_classes, stored_aux or aux, transform, dropout, dropout_aux), state
    )
    if not aux:
        model.aux_logits, model.aux1, model.aux2 = False, None, None
    return model
