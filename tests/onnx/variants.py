"""Networks that between them use every operation that is written to ONNX files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minicnn
import minicnn.nn.functional as F
from minicnn import models, nn, ops


class Do(nn.Module):
    """A module of one function of its input and of the layers it is given."""

    def __init__(self, function: Callable[..., Any], *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x, *self.layers)


def activations() -> nn.Sequential:
    parts: list[nn.Module] = []
    made = [nn.LeakyReLU(0.2), nn.ELU(0.7), nn.SELU(), nn.ReLU6(), nn.Hardtanh(-0.5, 2.0)]
    made += [nn.Hardswish(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Sigmoid(), nn.Tanh()]
    made += [nn.Softplus(), nn.Softplus(beta=2.0)]
    for activation in made:
        parts += [nn.Conv2d(3, 3, 1), activation]
    return nn.Sequential(*parts, nn.GLU(2), nn.Softmax(1), nn.LogSoftmax(-1))


def paddings() -> nn.Sequential:
    modes = ("zeros", "reflect", "replicate", "circular")
    return nn.Sequential(
        *(nn.Conv2d(3, 3, (3, 5), padding=(1, 2), padding_mode=mode) for mode in modes),
        nn.Conv2d(3, 4, (2, 4), padding="same"),
        nn.Conv2d(4, 4, 3, padding="same", dilation=2, groups=2),
        nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(0, 2), bias=False),
    )


def arithmetic(x: Any) -> Any:
    y = (2 * x - 1) / (1.5 + x * x) + (-x) ** 2
    y = y + ops.exp(-ops.abs(x)) + ops.log(x * x + 1) + ops.sqrt(x * x + 0.5)
    y = y + ops.sin(x) * ops.cos(x) + ops.maximum(x, 0.25 * y) + ops.minimum(x, y)
    return ops.clamp(y, -4.0, 5.0) + ops.clamp(x, min=0.5)


def movements(x: Any) -> Any:
    y = ops.flip(x, (2, 3)) + ops.permute(x, (0, 1, 3, 2))
    parts = [y[:, 1:], y[:, 0:1, :, ...], y[:, -1, ::2, 1:-1].reshape(len(x), 1, -1)]
    y = ops.cat(parts[:2], 1).reshape(len(x), -1)
    y = y.reshape(len(x), 3, 8, 8) + ops.expand(x[:, :, :1, :1], (-1, 3, 8, 8))
    stacked = ops.stack([y, 2 * y], 2)
    return stacked.sum((1, 2)), parts[2].mean(2, keepdim=True), stacked.mean()


def resizings() -> nn.Sequential:
    return nn.Sequential(
        nn.Upsample(scale_factor=2),
        nn.Upsample(size=(11, 9), mode="bilinear"),
        nn.Upsample(size=(7, 13), mode="bilinear", align_corners=True),
        nn.Upsample(scale_factor=1.3, mode="bilinear"),
        nn.Upsample(size=(8, 8)),
        nn.PixelUnshuffle(2),
        nn.PixelShuffle(2),
    )


def pools() -> nn.Sequential:
    return nn.Sequential(
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.Conv2d(3, 5, 1),
        nn.MaxPool2d(2, 1, 1, dilation=2),
        nn.AvgPool2d(3, 2, 1),
        nn.AvgPool2d((2, 3), 1, (1, 0), count_include_pad=False),
        nn.MaxPool2d(2, 3, ceil_mode=True),
    )


def average_pools_that_stick_out(include: bool) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=include),
        nn.AvgPool2d(2, 1, divisor_override=3),
    )


def adaptive(size: Any) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(size), nn.AdaptiveMaxPool2d(2))


def normalizations() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.GroupNorm(3, 6),
        nn.InstanceNorm2d(6, affine=True),
        nn.LayerNorm((6, 6)),
        nn.LocalResponseNorm(3, alpha=0.2, k=2.0),
        nn.BatchNorm2d(6, affine=False),
        nn.Flatten(),
        nn.Linear(216, 5),
        nn.BatchNorm1d(5),
    )


def transposed() -> nn.Sequential:
    """A decoder; the third has an output padding of a whole stride, which takes a margin."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2),
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose2d(6, 4, (2, 3), stride=(1, 2), dilation=2, groups=2, bias=False),
        nn.ConvTranspose2d(4, 2, 3, stride=(1, 2), output_padding=(1, 2), dilation=(2, 3)),
    )


def squeeze_and_excite(x: Any, conv: Any, down: Any, up: Any) -> Any:
    y = conv(x)
    share = F.sigmoid(up(F.relu(down(y.mean((2, 3))))))
    return x + y * share.reshape(len(x), 3, 1, 1)


def linear_on_pixels(x: Any, first: Any, second: Any) -> Any:
    return ops.matmul(first(x), second(ops.permute(x, (0, 1, 3, 2))))


SMALL = dict(num_classes=4)
# Name: what makes it, and the shape of one sample.
VARIANTS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "LeNet5": (models.LeNet5, (1, 28, 28)),
    "CIFARNet": (models.CIFARNet, (3, 32, 32)),
    "VGG-11 for CIFAR": (lambda: models.VGGCIFAR(11), (3, 32, 32)),
    "VGG-16 for CIFAR, plain": (lambda: models.VGGCIFAR(16, batch_norm=False), (3, 32, 32)),
    "ResNet-18": (lambda: models.resnet18(4), (3, 33, 40)),
    "ResNet-50": (lambda: models.resnet50(4), (3, 32, 32)),
    "ResNet-20": (models.resnet20, (3, 32, 32)),
    "ResNet-20, option B": (lambda: models.resnet20(option="B"), (3, 32, 32)),
    "ResNet-20 without shortcuts": (lambda: models.resnet20(option="plain"), (3, 32, 32)),
    "GoogLeNet": (lambda: models.googlenet(4), (3, 32, 45)),
    "GoogLeNet, transformed": (
        lambda: models.googlenet(4, aux_logits=False, transform_input=True),
        (3, 32, 32),
    ),
    "SqueezeNet 1.0": (lambda: models.squeezenet1_0(4), (3, 35, 35)),
    "SqueezeNet 1.1": (lambda: models.squeezenet1_1(4), (3, 35, 35)),
    "MobileNetV2": (lambda: models.mobilenet_v2(4), (3, 33, 33)),
    "MobileNetV2, narrow": (lambda: models.mobilenet_v2(4, width_mult=0.35), (3, 32, 32)),
    "groups and dilation": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 8, 3, groups=4, dilation=(1, 2)), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8)
        ),
        (4, 12, 12),
    ),
    "transposed convolutions": (transposed, (3, 7, 9)),
    "paddings": (paddings, (3, 9, 10)),
    "pools": (pools, (3, 16, 15)),
    "average pools that stick out": (lambda: average_pools_that_stick_out(True), (3, 8, 10)),
    "the same without margins": (lambda: average_pools_that_stick_out(False), (3, 8, 10)),
    "adaptive, divisible": (lambda: adaptive(4), (3, 12, 8)),
    "adaptive, overlapping": (lambda: adaptive((5, 3)), (3, 12, 8)),
    "global maximum": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveMaxPool2d(1), nn.Flatten()),
        (3, 7, 9),
    ),
    "activations": (activations, (3, 6, 6)),
    "normalizations": (normalizations, (3, 8, 8)),
    "arithmetic": (lambda: Do(arithmetic), (3, 5, 5)),
    "movements": (lambda: Do(movements), (3, 8, 8)),
    "resizings": (resizings, (3, 5, 6)),
    "squeeze and excite": (
        lambda: Do(
            squeeze_and_excite, nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3, 2), nn.Linear(2, 3)
        ),
        (3, 6, 6),
    ),
    "linear on pixels": (
        lambda: Do(linear_on_pixels, nn.Linear(6, 6), nn.Linear(5, 3, bias=False)),
        (2, 5, 6),
    ),
}
# Files of hundreds of megabytes.
LARGE: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "AlexNet": (lambda: models.AlexNet(4), (3, 63, 63)),
    "AlexNetGrouped": (lambda: models.AlexNetGrouped(4), (3, 227, 227)),
    "VGG-11": (lambda: models.vgg11(4), (3, 32, 32)),
}


def made(name: str) -> nn.Module:
    """The variant with settled weights, in eval mode: every normalization has seen something."""
    minicnn.manual_seed(7)
    model = {**VARIANTS, **LARGE}[name][0]()
    rng = minicnn.random.default_generator
    for key, value in model.state_dict().items():
        if key.endswith(("running_mean", "running_var")) or (".bn" in key and value.ndim == 1):
            value.data[...] = rng.uniform(0.5, 1.5, value.shape)
    return model.eval()
