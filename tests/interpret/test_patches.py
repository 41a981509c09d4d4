"""Receptive fields against changed pixels; patches against loops."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicnn
from minicnn import nn
from minicnn.interpret import Box, max_activating_patches, receptive_field
from minicnn.models import LeNet5, resnet18
from minicnn.nn import functional as F
from minicnn.viz import receptive_field_of
from tests.digits_net import digits, trained
from tests.machine import cases
from tests.reference import conv2d


@st.composite
def stacks(draw: st.DrawFn, padded: bool) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for _ in range(draw(st.integers(1, 3))):
        kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        settings: dict[str, Any] = dict(
            stride=draw(st.integers(1, 2)),
            padding=tuple(draw(st.integers(0, k // 2)) if padded else 0 for k in kernel),
        )
        kind = draw(st.sampled_from(["conv", "max", "mean"]))
        if kind == "conv":
            dilation = draw(st.integers(1, 2))
            layer = nn.Conv2d(2, 2, kernel, dilation=dilation, dtype=np.float64, **settings)
            layer.weight.data[:] = np.abs(layer.weight.data) + 0.1
            layers += [layer, nn.ReLU()]
        elif kind == "max":
            layers.append(nn.MaxPool2d(kernel, dilation=draw(st.integers(1, 2)), **settings))
        else:
            layers.append(nn.AvgPool2d(kernel, **settings))
    return layers


def pixels_that_matter(model: nn.Module, position: Any, height: int, width: int) -> np.ndarray:
    """Which pixels change the unit when they become large: (H, W) of bool."""
    count = height * width
    x = np.random.default_rng(0).uniform(1, 2, (1, 2, height, width)).repeat(count + 1, axis=0)
    for i in range(count):
        x[i, :, i // width, i % width] += 1e6
    with minicnn.no_grad():
        y = model(x).data[(slice(None), 0, *position)]
    return (y[:-1] != y[-1]).reshape(height, width)


@cases(40)
@given(st.booleans(), st.data())
def test_a_unit_sees_the_pixels_that_change_it(padded: bool, data: st.DataObject) -> None:
    minicnn.manual_seed(0)
    model = nn.Sequential(*data.draw(stacks(padded))).eval()
    height, width = data.draw(st.integers(9, 13)), data.draw(st.integers(9, 13))
    try:
        shape = model(np.zeros((1, 2, height, width))).shape
    except ValueError:  # the image became too small
        assume(False)
    position = tuple(data.draw(st.integers(0, n - 1)) for n in shape[2:])
    box = receptive_field(model, str(len(model) - 1), position, (2, height, width))
    rows, columns = np.nonzero(pixels_that_matter(model, position, height, width))
    seen = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    if padded:  # the outermost cells may lie in the padding
        assert box.top <= seen[0] <= seen[2] <= box.bottom
        assert box.left <= seen[1] <= seen[3] <= box.right
    else:
        assert box == seen


def test_a_unit_beside_the_edge_sees_padding() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 5, padding="same"), nn.MaxPool2d(2)).eval()
    assert receptive_field(model, "1", (0, 3), (1, 8, 8)) == Box(-2, 4, 4, 10)
    assert Box(-2, 4, 4, 10).clipped(8, 8) == Box(0, 4, 4, 8)


class Shortcut(nn.Module):
    """3x3 and 1x1 side by side, joined, then added."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 1)
        self.joined, self.added, self.head = nn.Identity(), nn.Identity(), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        y = self.joined(minicnn.cat([self.narrow(x), self.wide(x)], 1))
        y = self.added(y + minicnn.cat([self.wide(self.wide(x)), self.narrow(x)], 1))
        y = F.relu(y) * 2.0
        return self.head(F.flatten(F.adaptive_avg_pool2d(y, 1), 1))


def test_branches_are_joined_and_a_linear_layer_sees_all() -> None:
    model = nn.Sequential(Shortcut()).eval()
    assert receptive_field(model, "0.wide", (4, 5), (2, 9, 9)) == Box(3, 4, 6, 7)
    assert receptive_field(model, "0.narrow", (4, 5), (2, 9, 9)) == Box(4, 5, 5, 6)
    assert receptive_field(model, "0.joined", (4, 5), (2, 9, 9)) == Box(3, 4, 6, 7)
    assert receptive_field(model, "0.added", (4, 5), (2, 9, 9)) == Box(2, 3, 7, 8)
    assert receptive_field(model, "0.head", (0, 0), (2, 9, 9)) == Box(0, 0, 9, 9)
    flat = nn.Sequential(nn.Flatten(), nn.Linear(30, 2)).eval()
    assert receptive_field(flat, "1", (0, 0), (1, 5, 6)) == Box(0, 0, 5, 6)


def test_known_networks_have_the_known_receptive_fields() -> None:
    lenet = LeNet5().eval()
    names = [name for name, m in lenet.named_modules() if isinstance(m, nn.MaxPool2d)]
    sizes = [box_size(lenet, name, (2, 2), (1, 28, 28)) for name in names]
    assert sizes == [(6, 6), (16, 16)]  # 5 + 1, then + 4 * 2 + 2
    resnet = resnet18().eval()
    assert box_size(resnet, "maxpool", (5, 5), (3, 224, 224)) == (11, 11)
    assert box_size(resnet, "layer1", (20, 20), (3, 224, 224)) == (43, 43)
    assert box_size(resnet, "layer4", (3, 3), (3, 224, 224)) == (435, 435)


def box_size(model: nn.Module, layer: str, position: Any, shape: Any) -> tuple[int, int]:
    box = receptive_field(model, layer, position, shape)
    return box.bottom - box.top, box.right - box.left


def test_patches_are_those_where_a_loop_finds_the_largest_values() -> None:
    model, (images, _) = trained(), digits(train=False)
    conv = model[0]
    maps = conv2d(images.astype(np.float64), conv.weight.data, conv.bias.data, padding=(1, 1))
    for channel in (0, 7):
        flat = maps[:, channel].reshape(len(images), 64)
        order = np.argsort(-flat.max(axis=1))[:6]
        found = max_activating_patches(model, "0", channel, images, 6, batch_size=100)
        np.testing.assert_allclose(
            [patch.activation for patch in found], flat.max(axis=1)[order], rtol=1e-5
        )
        for patch in found:
            row, column = patch.position
            np.testing.assert_allclose(
                maps[patch.image, channel, row, column], patch.activation, rtol=1e-5
            )
            assert patch.box == (row - 1, column - 1, row + 2, column + 2)
            top, left, bottom, right = patch.box.clipped(8, 8)
            np.testing.assert_array_equal(
                patch.pixels, images[patch.image, :, top:bottom, left:right]
            )


def test_of_a_layer_without_maps_the_patch_is_the_image() -> None:
    model, (images, labels) = trained(), digits(train=False)
    found = max_activating_patches(model, "6", 3, images, 5)
    assert [labels[patch.image] for patch in found] == [3] * 5
    assert all(patch.box == (0, 0, 8, 8) and patch.position == () for patch in found)
    assert len(max_activating_patches(model, "6", 3, images[:2], 5)) == 2


def test_mistakes_are_said_with_the_fix() -> None:
    model, (images, _) = trained(), digits(train=False)
    for call, message in (
        (lambda: max_activating_patches(model, "0", 16, images), "channel must be from 0 to 15"),
        (lambda: max_activating_patches(model, "x", 0, images), "no layer 'x'; it has 0: Conv2d"),
        (lambda: max_activating_patches(model, "0", 0, images, 0), "n must be at least 1, got 0"),
        (lambda: receptive_field(model, "0", (8, 0), (1, 8, 8)), "within the map of 8 x 8, got"),
        (lambda: receptive_field(model, "0", 3, (1, 8, 8)), "position must be (row, column), got"),
        (lambda: receptive_field(model, "0", (0, 0), (1, 2**40, 2**40)), "receptive_field: "),
        (lambda: receptive_field(model, "0", (0, 0), (8, 8)), "image_shape must be (C, H, W), got"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()


@cases(15)
@given(st.data())
def test_the_box_holds_what_images_with_a_row_of_nan_show(data: st.DataObject) -> None:
    """viz finds the rows and columns by trying, without knowing the operations."""
    minicnn.manual_seed(0)
    model = nn.Sequential(*data.draw(stacks(padded=False)), Shortcut()).eval().double()
    size = data.draw(st.integers(10, 14))
    try:
        shape = model[:-1](np.zeros((1, 2, size, size))).shape
    except ValueError:  # the image became too small
        assume(False)
    position = tuple(data.draw(st.integers(0, n - 1)) for n in shape[2:])
    layer = f"{len(model) - 1}.added"
    field = receptive_field_of(model, layer, (0, *position), (2, size, size))
    box = receptive_field(model, layer, position, (2, size, size)).clipped(size, size)
    rows, columns = np.flatnonzero(field.rows), np.flatnonzero(field.columns)
    assert box.top <= rows[0] <= rows[-1] < box.bottom
    assert box.left <= columns[0] <= columns[-1] < box.right
    if box.top > 0 and box.bottom < size:  # else the outermost cells may lie in the padding
        assert field.size[0] == box.bottom - box.top
