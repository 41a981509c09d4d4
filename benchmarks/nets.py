"""Six small CNNs, each written once for two libraries: `nn` is minicnn.nn or torch.nn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def lenet5(nn: Any, dropout: bool) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def mnistcnn(nn: Any, dropout: bool) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25 * dropout),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5 * dropout),
        nn.Linear(128, 10),
    )


def cifarcnn(nn: Any, dropout: bool) -> Any:
    layers = []
    for c_in, c_out in [(3, 16), (16, 32), (32, 64)]:
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Dropout(0.25 * dropout),
        nn.Linear(1024, 500),
        nn.ReLU(),
        nn.Dropout(0.25 * dropout),
        nn.Linear(500, 10),
    )


def resnet20(nn: Any, dropout: bool) -> Any:
    """He et al., arXiv:1512.03385, section 4.2, with option-B shortcuts (1x1, stride 2)."""

    def conv_bn(c_in: int, c_out: int, kernel: int, stride: int) -> list[Any]:
        conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False)
        return [conv, nn.BatchNorm2d(c_out)]

    class Block(nn.Module):
        def __init__(self, c_in: int, c_out: int, stride: int) -> None:
            super().__init__()
            first, second = conv_bn(c_in, c_out, 3, stride), conv_bn(c_out, c_out, 3, 1)
            self.body = nn.Sequential(*first, nn.ReLU(), *second)
            same = stride == 1 and c_in == c_out
            self.shortcut = nn.Sequential(*([] if same else conv_bn(c_in, c_out, 1, stride)))
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.body(x) + self.shortcut(x))

    blocks = []
    for c_in, c_out, stride in [(16, 16, 1), (16, 32, 2), (32, 64, 2)]:
        blocks += [Block(c_in, c_out, stride), Block(c_out, c_out, 1), Block(c_out, c_out, 1)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*conv_bn(3, 16, 3, 1), nn.ReLU(), *blocks, *head)


def vgg11(nn: Any, dropout: bool) -> Any:
    """Simonyan & Zisserman, arXiv:1409.1556, table 1, column A, with batch norm, for 32x32."""
    layers: list[Any] = []
    c_in = 3
    for c_out in [64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0]:
        if c_out == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.ReLU()]
        c_in = c_out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


@dataclass(frozen=True)
class Net:
    name: str
    build: Callable[[Any, bool], Any]
    input_shape: tuple[int, int, int, int]  # (N, C, H, W)


NETS = [
    Net("LeNet-5, batch 64", lenet5, (64, 1, 28, 28)),
    Net("mnistcnn, batch 64", mnistcnn, (64, 1, 28, 28)),
    Net("cifarcnn, batch 20", cifarcnn, (20, 3, 32, 32)),
    Net("cifarcnn, batch 128", cifarcnn, (128, 3, 32, 32)),
    Net("ResNet-20, batch 128", resnet20, (128, 3, 32, 32)),
    Net("VGG-11, batch 64", vgg11, (64, 3, 32, 32)),
]
