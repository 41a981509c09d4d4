"""Images in a grid: what is drawn equals the arrays, and a wrong image is told what would help."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from minicnn import Tensor, viz

RNG = np.random.default_rng(0)


def drawn(figure: Figure) -> list[np.ndarray]:
    """The arrays of all images in a figure, without the colour bars' own."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_each_layout_of_an_image_is_drawn_as_it_is():
    grey, colours = RNG.uniform(0, 1, (4, 5)), RNG.uniform(0, 1, (4, 5, 3))
    whole = RNG.integers(0, 256, (6, 3), dtype=np.uint8)
    given = [grey, grey[None], Tensor(grey[None]), colours, np.moveaxis(colours, -1, 0), whole]
    figure = viz.images(given, [f"image {i}" for i in range(6)], columns=3, title="All")
    expected = [grey, grey, grey, colours, colours, whole / 255]
    for got, image in zip(drawn(figure), expected):
        assert np.array_equal(got, image)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [f"image {i}" for i in range(6)]
    assert figure.get_suptitle() == "All"
    assert all(axes.images[0].get_clim() == (0, 1) for axes in figure.axes)


def test_signed_maps_are_white_at_zero_and_have_a_bar():
    figure = viz.images([np.array([[-1.0, 3.0]]), np.array([[0.5, 2.0]])], scale="signed")
    pictures = [axes for axes in figure.axes if axes.images]
    assert [axes.images[0].get_clim() for axes in pictures] == [(-3, 3), (-2, 2)]
    assert len(figure.axes) == 4


def test_positive_maps_begin_at_zero():
    figure = viz.images([np.array([[2.0, 4.0]]), np.zeros((1, 2))], scale=["positive", "positive"])
    assert [axes.images[0].get_clim() for axes in figure.axes if axes.images] == [(0, 4), (0, 1)]


def test_it_draws_into_a_given_figure_and_leaves_no_empty_axes():
    figure = Figure()
    assert viz.images([np.zeros((2, 2))] * 3, columns=2, figure=figure) is figure
    assert len(figure.axes) == 3


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((2, 2), 200.0), r"values from 0 to 1, got 200 to 200: divide by 255"),
        (np.array([[-0.4, 2.8]]), r"got -0.4 to 2.8: undo the normalisation \(x \* std \+ mean\)"),
        (np.array([[np.nan, 0.5]]), r"got nan to nan"),
        (np.zeros((2, 1, 4, 4)), r"got \(2, 1, 4, 4\); pass one image of the batch, as in x\[0\]"),
        (np.zeros((5, 4, 4)), r"must have shape \(H, W\), \(1, H, W\), .* got \(5, 4, 4\)"),
    ],
)
def test_a_wrong_image_is_told_what_would_help(image, message):
    with pytest.raises(ValueError, match=message):
        viz.images([image])


def test_counts_and_scales_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"2 images, but 1 titles and 2 scales"):
        viz.images([np.zeros((2, 2))] * 2, ["one"])
    with pytest.raises(ValueError, match=r"no image was given"):
        viz.images([])
    with pytest.raises(ValueError, match=r"scale must be one of photo, signed, positive, got 'x'"):
        viz.images([np.zeros((2, 2))], scale="x")
    with pytest.raises(TypeError, match=r"must hold real numbers, got complex128"):
        viz.images([np.zeros((2, 2), complex)])


def test_matplotlib_is_imported_with_the_first_picture_only():
    """And no window's library ever."""
    code = (
        "import sys, minicnn, minicnn.viz, minicnn.filters; assert 'matplotlib' not in sys.modules;"
        "minicnn.viz.images([[[0.0]]]); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"viz.images needs matplotlib.*pip install '.\[viz\]'"):
        viz.images([np.zeros((2, 2))])
