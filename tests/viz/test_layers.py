"""Kernels and maps: what is drawn equals the arrays, and what is missing is said with the fix."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, nn, viz

RNG = np.random.default_rng(0)


def network() -> nn.Sequential:
    minicnn.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(54, 4)
    )
    return model.eval()


def tiles(axes, shape: tuple[int, int], columns: int, n: int) -> list[np.ndarray]:
    """Cut a mosaic apart again; its gaps are one pixel for images of up to 27 pixels."""
    picture = np.asarray(axes.images[0].get_array())
    height, width = shape
    corners = [((i // columns) * (height + 1), (i % columns) * (width + 1)) for i in range(n)]
    return [picture[top : top + height, left : left + width] for top, left in corners]


def test_kernels_of_one_channel_are_drawn_as_they_are():
    model = network()
    figure = viz.filters(model, "0")
    assert figure.get_suptitle() == "0: 6 kernels of 1 x 3 x 3"
    weight = model[0].weight.data
    axes = figure.axes[0]
    for drawn, kernel in zip(tiles(axes, (3, 3), 4, 6), weight[:, 0]):
        assert np.array_equal(drawn, kernel)
    assert axes.images[0].get_clim() == (-np.abs(weight).max(), np.abs(weight).max())
    assert axes.get_ylabel() == "kernel"
    assert figure.axes[1].get_ylabel() == "weight"


def test_coloured_kernels_have_grey_for_zero():
    model = nn.Sequential(nn.Conv2d(3, 4, 5))
    weight = model[0].weight.data
    figure = viz.filters(model, "0", title="Colours")
    drawn = tiles(figure.axes[0], (5, 5), 3, 4)
    for tile, kernel in zip(drawn, weight):
        expected = 0.5 + np.moveaxis(kernel, 0, -1) / (2 * np.abs(weight).max())
        assert np.allclose(tile, expected, atol=1e-6)
    assert figure.get_suptitle() == "Colours"


def test_kernels_of_many_channels_make_a_table():
    model = nn.Sequential(nn.Conv2d(5, 7, 2))
    figure = viz.filters(model, "0", most=4)
    axes = figure.axes[0]
    drawn = tiles(axes, (2, 2), 4, 16)
    weight = model[0].weight.data
    for i, tile in enumerate(drawn):
        assert np.array_equal(tile, weight[i // 4, i % 4])
    assert axes.get_xlabel() == "channel that it reads"
    assert figure.get_suptitle() == "0: 7 kernels of 5 x 2 x 2, the first 4"


def test_kernels_of_a_transposed_convolution_go_by_what_they_write():
    model = nn.Sequential(nn.ConvTranspose2d(4, 6, 3))
    axes = viz.filters(model, "0").axes[0]
    weight = model[0].weight.data  # (C_in, C_out, 3, 3)
    for i, tile in enumerate(tiles(axes, (3, 3), 4, 24)):
        assert np.array_equal(tile, weight[i % 4, i // 4])


def test_maps_before_and_after_relu_and_pooling_are_the_networks():
    model, image = network(), RNG.uniform(0, 1, (1, 8, 8)).astype(np.float32)
    figure = viz.feature_maps(model, image, ["0", "1", "2", "4"], title="Layers")
    before = model[0](Tensor(image[None])).data[0]
    after = np.maximum(before, 0)
    pooled = after.reshape(6, 3, 2, 3, 2).max(axis=(2, 4))
    rows = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in rows] == [
        "the image",
        "0 (Conv2d): 6 maps of 6 x 6",
        "1 (ReLU): 6 maps of 6 x 6",
        "2 (MaxPool2d): 6 maps of 3 x 3",
        "4 (Linear): 4 values",
    ]
    assert np.array_equal(rows[0].images[0].get_array(), image[0])
    for axes, maps in zip(rows[1:4], (before, after, pooled)):
        for tile, expected in zip(tiles(axes, maps.shape[1:], 6, 6), maps):
            assert np.allclose(tile, expected, atol=1e-6)
    scores = model(Tensor(image[None])).data
    assert np.allclose(rows[4].images[0].get_array(), scores, atol=1e-6)
    limits = [axes.images[0].get_clim() for axes in rows[1:4]]
    assert limits[0][0] == -limits[0][1]  # signed
    assert limits[1][0] == limits[2][0] == 0


def test_the_map_of_the_negative_kernel_is_the_negative_map():
    conv = nn.Conv2d(1, 2, 4, bias=False)
    conv.weight.data[1] = -conv.weight.data[0]
    model = nn.Sequential(conv, nn.MaxPool2d(2)).eval()
    photo = RNG.uniform(0, 1, (1, 1, 213, 320)).astype(np.float32)
    maps = viz.activations(model, photo, ["0", "1"])
    assert maps["0"].shape == (1, 2, 210, 317)
    assert maps["1"].shape == (1, 2, 105, 158)
    assert np.array_equal(maps["0"][:, 1], -maps["0"][:, 0])


def test_a_layer_whose_neighbour_takes_over_its_work_still_gives_its_own_maps():
    """Convolution, batch norm, ReLU and pooling can run in one pass; hooks must undo that."""
    minicnn.manual_seed(1)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2)).eval()
    model[1].running_mean.data[...] = [0.5, -0.5, 0.1]
    x = RNG.uniform(-1, 1, (2, 2, 8, 8)).astype(np.float32)
    for names in (["0"], ["1"], ["2"], ["0", "1", "2", "3"]):
        y, maps = Tensor(x), viz.activations(model, x, names)
        for name, layer in zip("0123", model):
            y = layer(y)
            if name in names:
                assert np.allclose(maps[name], y.data, atol=1e-6)


def test_the_model_is_left_as_it_was():
    model = network()
    viz.feature_maps(model, np.zeros((1, 8, 8), np.float32), ["0", "4"])
    assert all(module._hooks is None for module in model.modules())
    with pytest.raises(ValueError, match="no layer"):
        viz.activations(model, np.zeros((1, 1, 8, 8), np.float32), ["0", "nope"])
    assert all(module._hooks is None for module in model.modules())


def test_a_layer_that_does_not_exist_lists_those_that_do():
    with pytest.raises(ValueError, match="feature_maps: layer: the model has no layer 'conv1'"):
        viz.feature_maps(network(), np.zeros((1, 8, 8)), "conv1")
    with pytest.raises(ValueError, match=r"it has 0: Conv2d, .*, 4: \w+$"):
        viz.filters(network(), "9")
    with pytest.raises(ValueError, match=r"1 is a ReLU, which has no 2-D kernels; .* are 0$"):
        viz.filters(network(), "1")


def test_a_model_in_training_mode_is_told_to_leave_it():
    model = network()
    model[2].train()
    with pytest.raises(ValueError, match=r"but its layer '2: \w+' is in training mode"):
        viz.feature_maps(model, np.zeros((1, 8, 8)), "0")
    with pytest.raises(TypeError, match=r"model must be a Module, got int"):
        viz.feature_maps(3, np.zeros((1, 8, 8)), "0")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 1, 8, 8), r"got \(5, 1, 8, 8\); take one of a batch, such as x\[0\]"),
        ((8, 8), r"got \(8, 8\); add an axis for the channel, as in image\[None\]"),
        ((8,), r"shape \(C, H, W\) or \(1, C, H, W\), got \(8,\)"),
    ],
)
def test_more_or_less_than_one_image_is_refused_with_the_fix(shape, message):
    with pytest.raises(ValueError, match=message):
        viz.feature_maps(network(), np.zeros(shape, np.float32), "0")


def test_a_layer_that_is_not_called_is_named():

    class Some(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.spare = nn.ReLU(), nn.ReLU()

        def forward(self, x):
            return self.used(x)

    with pytest.raises(ValueError, match="the model's forward did not call spare"):
        viz.activations(Some().eval(), np.zeros((1, 3)), ["used", "spare"])
