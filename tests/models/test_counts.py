"""The known networks have the published numbers of parameters, and torchvision's keys.

Counted from shapes alone: no initial values are drawn, so that the memory of the large networks is
reserved but never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from minicnn import models, nn

# torchvision's documentation of each model ("num_params"); the grouped AlexNet: layer by layer.
PARAMETERS = {
    "alexnet": 61_100_840,
    "AlexNetGrouped": 60_965_224,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11_bn": 132_868_840,
    "vgg13_bn": 133_053_736,
    "vgg16_bn": 138_365_992,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "googlenet": 13_004_888,
    "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496,
    "mobilenet_v2": 3_504_872,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
}


@pytest.fixture(autouse=True)
def no_initial_values() -> Iterator[None]:
    with nn.init.undrawn():
        yield


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", PARAMETERS)
def test_number_of_parameters(name: str) -> None:
    assert count(getattr(models, name)()) == PARAMETERS[name]


def test_number_of_parameters_of_small_inputs_variants() -> None:
    # (3 * 9 + 1) * 16 + (16 * 9 + 1) * 32 + (32 * 9 + 1) * 64 + 1025 * 500 + 501 * 10
    assert count(models.CIFARNet()) == 541_094
    # without their classifiers; the Linear has 513 * 10
    full = 132_868_840 - (25_088 + 1) * 4096 - 4097 * 4096 - 4097 * 1000
    assert count(models.VGGCIFAR(11)) == full + 5130
    # B has two more 1x1 convolutions, each with two vectors of normalization
    option_b = models.ResNetCIFAR(20, option="B")
    assert count(option_b) == 269_722 + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert count(models.ResNetCIFAR(20, option="plain")) == 269_722
    # torchvision's documentation: as published, without the side exits
    assert count(models.GoogLeNet(aux_logits=False)) == 6_624_904


def layers_of(keys: Any, part: str) -> list[int]:
    return sorted({int(key.split(".")[1]) for key in keys if key.startswith(f"{part}.")})


@pytest.mark.parametrize(
    ("name", "features", "classifier"),
    [
        ("alexnet", [0, 3, 6, 8, 10], [1, 4, 6]),
        ("vgg11", [0, 3, 6, 8, 11, 13, 16, 18], [0, 3, 6]),
        ("vgg16", [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28], [0, 3, 6]),
        (
            "vgg11_bn",
            [0, 1, 4, 5, 8, 9, 11, 12, 15, 16, 18, 19, 22, 23, 25, 26],
            [0, 3, 6],
        ),
    ],
)
def test_keys_of_sequential_networks(name: str, features: list[int], classifier: list[int]) -> None:
    keys = getattr(models, name)().state_dict()
    assert {key.split(".")[0] for key in keys} == {"features", "classifier"}
    assert layers_of(keys, "features") == features
    assert layers_of(keys, "classifier") == classifier


NORMALIZATION = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def resnet_keys(blocks: list[int], convolutions: int, first_has_projection: bool) -> list[str]:
    """The keys of a torchvision ResNet, in torchvision's order."""
    keys = ["conv1.weight", *(f"bn1.{entry}" for entry in NORMALIZATION)]
    for stage, n in enumerate(blocks, start=1):
        for block in range(n):
            here = f"layer{stage}.{block}"
            for i in range(1, convolutions + 1):
                keys.append(f"{here}.conv{i}.weight")
                keys += [f"{here}.bn{i}.{entry}" for entry in NORMALIZATION]
            if block == 0 and (stage > 1 or first_has_projection):
                keys.append(f"{here}.downsample.0.weight")
                keys += [f"{here}.downsample.1.{entry}" for entry in NORMALIZATION]
    return [*keys, "fc.weight", "fc.bias"]


@pytest.mark.parametrize(
    ("make", "keys", "entries"),
    [
        (models.resnet18, resnet_keys([2, 2, 2, 2], 2, False), 122),
        (models.resnet34, resnet_keys([3, 4, 6, 3], 2, False), 218),
        (models.resnet50, resnet_keys([3, 4, 6, 3], 3, True), 320),
        (models.resnet101, resnet_keys([3, 4, 23, 3], 3, True), 626),
    ],
)
def test_keys_of_residual_networks(
    make: Callable[[], nn.Module], keys: list[str], entries: int
) -> None:
    assert list(make().state_dict()) == keys
    assert len(keys) == entries  # as many as torchvision's state_dict has


def test_shapes_of_weights_are_those_of_the_papers() -> None:
    state = models.resnet50().state_dict()
    assert state["layer4.0.downsample.0.weight"].shape == (2048, 1024, 1, 1)
    assert state["layer2.0.conv2.weight"].shape == (128, 128, 3, 3)
    grouped = models.AlexNetGrouped().state_dict()
    assert grouped["features.4.weight"].shape == (256, 48, 5, 5)
    assert grouped["classifier.1.weight"].shape == (4096, 9216)
