"""What a unit sees: against the formula for chains, and pixel by pixel where branches meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicnn
from minicnn import Tensor, nn, viz
from minicnn.models.residual import BasicBlock
from tests.machine import cases

LAYERS = st.tuples(st.booleans(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))


def chain(layers: list[tuple[bool, int, int, int]]) -> nn.Sequential:
    return nn.Sequential(
        *(
            nn.MaxPool2d(kernel, stride)
            if pool
            else nn.Conv2d(2, 2, kernel, stride, dilation=dilation)
            for pool, kernel, stride, dilation in layers
        )
    ).eval()


@cases(25)
@given(st.lists(LAYERS, min_size=1, max_size=4), st.data())
def test_a_chain_sees_what_the_formula_says(layers, data):
    """Without padding: size 1 + sum (k - 1) d * jump, beginning at place * jump."""
    size, jump, n = 1, 1, 20
    sides = [n]
    for pool, kernel, stride, dilation in layers:
        reach = (kernel - 1) * (1 if pool else dilation)
        size, jump = size + reach * jump, jump * stride
        sides.append((sides[-1] - reach - 1) // stride + 1)
    assume(min(sides) >= 1)
    h, w = (data.draw(st.integers(0, sides[-1] - 1)) for _ in range(2))
    last = str(len(layers) - 1)
    field = viz.receptive_field_of(chain(layers), last, (1, h, w), (2, n, n))
    assert field.size == (size, size)
    for place, seen in zip((h, w), field):
        assert np.flatnonzero(seen)[0] == place * jump


def test_shortcuts_and_padding_see_what_a_change_of_each_pixel_shows():
    minicnn.manual_seed(0)
    model = nn.Sequential(BasicBlock(2, 2), nn.Conv2d(2, 3, 3, stride=2, padding=1)).eval().double()
    image = np.random.default_rng(0).uniform(1, 2, (2, 9, 7))
    for unit in ((0, 0, 0), (1, 2, 3)):
        field = viz.receptive_field_of(model, "1", unit, image.shape)
        y = viz.activations(model, image[None], ["1"])["1"][(0, *unit)]
        moved = np.zeros(image.shape[1:], bool)
        for h, w in np.ndindex(moved.shape):
            changed = image.copy()
            changed[:, h, w] += [5.0, -3.0]
            moved[h, w] = viz.activations(model, changed[None], ["1"])["1"][(0, *unit)] != y
        assert not moved[~np.outer(*field)].any()
        assert np.array_equal(moved.any(axis=1), field.rows)
        assert np.array_equal(moved.any(axis=0), field.columns)


def test_behind_a_fully_connected_layer_all_is_seen():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(32, 4)).eval()
    field = viz.receptive_field_of(model, "2", (3,), (1, 6, 6))
    assert field.size == (6, 6)


def test_the_picture_frames_the_field_and_shows_the_gradient():
    minicnn.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3)).eval()
    image = np.random.default_rng(0).uniform(0, 1, (1, 8, 8)).astype(np.float32)
    figure = viz.receptive_field(model, image, "2", (1, 0, 3))
    left, right = figure.axes[:2]
    assert figure.get_suptitle() == "Unit (1, 0, 3) of layer 2 sees 4 x 5 of 8 x 8 pixels"
    assert np.array_equal(left.images[0].get_array(), image[0])
    (box,) = left.patches
    assert (box.get_xy(), box.get_width(), box.get_height()) == ((1.5, -0.5), 5, 4)
    influence = np.asarray(right.images[0].get_array())
    y = lambda x: model(Tensor(x[None].astype(np.float32))).data[0, 1, 0, 3]  # noqa: E731
    for h, w in ((0, 4), (2, 5), (7, 7)):
        step = np.zeros(image.shape)
        step[0, h, w] = 1e-2
        slope = (y(image + step) - y(image - step)) / 2e-2
        assert abs(abs(slope) - influence[h, w]) < 1e-3
    assert all(p.grad is None for p in model.parameters())
    assert all(p.requires_grad for p in model.parameters())
    assert all(module._hooks is None for module in model.modules())


def test_units_and_modes_that_do_not_fit_are_named():
    model = nn.Sequential(nn.Conv2d(1, 2, 3)).eval()
    with pytest.raises(ValueError, match=r"gives \(2, 6, 6\) values .* no unit \(2, 0, 0\)"):
        viz.receptive_field_of(model, "0", (2, 0, 0), (1, 8, 8))
    with pytest.raises(TypeError, match=r"unit must be ints such as \(c, h, w\), got 3"):
        viz.receptive_field_of(model, "0", 3, (1, 8, 8))
    with pytest.raises(ValueError, match=r"input_shape must be \(C, H, W\), got \(8, 8\)"):
        viz.receptive_field_of(model, "0", (0, 0, 0), (8, 8))
    with pytest.raises(ValueError, match=r"must be in eval mode"):
        viz.receptive_field_of(model.train(), "0", (0, 0, 0), (1, 8, 8))
    with pytest.raises(ValueError, match=r"image must be one image, .* such as x\[0\]"):
        viz.receptive_field(model.eval(), np.zeros((2, 1, 8, 8)), "0", (0, 0, 0))
    with pytest.raises(ValueError, match=r"got -1 to -1: undo the normalisation"):
        viz.receptive_field(model, np.full((1, 8, 8), -1.0, np.float32), "0", (0, 0, 0))
