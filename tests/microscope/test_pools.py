"""The microscopes of pooling: the kernels' numbers to the bit, with the meaning it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.microscope import avg_pool2d, max_pool2d
from minicnn.nn import functional as F
from tests.machine import cases
from tests.microscope.pages import Page, assert_same_bits
from tests.strategies import pairs, seeds


@st.composite
def poolings(draw: Any, dilated: bool) -> dict[str, Any]:
    """Draw the settings of a pooling, and the size of an image on which its window fits."""
    kernel = draw(pairs(1, 3))
    dilation = draw(pairs(1, 2)) if dilated else (1, 1)
    settings = dict(
        kernel_size=kernel,
        stride=draw(st.one_of(st.none(), pairs(1, 3))),
        padding=tuple(draw(st.integers(0, k // 2)) for k in kernel),
        ceil_mode=draw(st.booleans()),
    )
    if dilated:
        settings["dilation"] = dilation
    else:
        settings["count_include_pad"] = draw(st.booleans())
        settings["divisor_override"] = draw(st.one_of(st.none(), st.sampled_from([-2, 1, 3])))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    image = [e + draw(st.integers(0, 4)) for e in extents]
    return dict(settings=settings, shape=(draw(st.integers(1, 2)), draw(st.integers(1, 2)), *image))


def drawn(seed: int, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Normal numbers with many equal ones and some zeros of either sign among them."""
    rng = np.random.default_rng(seed)
    values = np.where(
        rng.random(shape) < 0.5, rng.integers(-2, 3, shape), rng.standard_normal(shape)
    )
    return (values * rng.choice([-1, 1], shape)).astype(dtype)


@cases(100)
@given(case=poolings(dilated=True), seed=seeds, dtype=st.sampled_from([np.float32, np.float64]))
def test_max_pooling_shows_the_numbers_of_the_kernels(
    tmp_path: Path, case: dict[str, Any], seed: int, dtype: Any
) -> None:
    x = Tensor(drawn(seed, case["shape"], dtype), requires_grad=True)
    y, index = F.max_pool2d(x, **case["settings"], return_indices=True, algorithm="direct")
    grad_y = drawn(seed + 1, y.shape, dtype)
    path = max_pool2d(x.detach(), **case["settings"], grad_y=grad_y, path=tmp_path / "p.html")
    page = Page(path)
    y.backward(grad_y)
    for name, array in {"x": x.data, "y": y.data, "grad_y": grad_y, "grad_x": x.grad}.items():
        assert array is not None
        assert_same_bits(page.arrays[name], array)
    assert_same_bits(F.max_pool2d(x.detach(), **case["settings"]).data, page.arrays["y"])
    np.testing.assert_array_equal(page.arrays["index"], index.numpy())
    routed = np.zeros((*x.shape[:2], x.data[0, 0].size))
    for p in range(y.data[0, 0].size):
        for n, c in np.ndindex(routed.shape[:2]):
            pixel = index.numpy().reshape(*routed.shape[:2], -1)[n, c, p]
            if pixel >= 0:
                routed[n, c, pixel] += grad_y.reshape(*routed.shape[:2], -1)[n, c, p]
        after = page.arrays["grad_x_after"][p].reshape(routed.shape)
        np.testing.assert_allclose(after, routed, rtol=0, atol=1e-5)
    won = [np.bincount(plane[plane >= 0], minlength=routed.shape[2]) for plane in
           index.numpy().reshape(-1, y.data[0, 0].size)]  # fmt: skip
    np.testing.assert_array_equal(page.arrays["won"].ravel(), np.ravel(won))


@cases(100)
@given(case=poolings(dilated=False), seed=seeds, dtype=st.sampled_from([np.float32, np.float64]))
def test_average_pooling_shows_the_numbers_of_the_kernels(
    tmp_path: Path, case: dict[str, Any], seed: int, dtype: Any
) -> None:
    x = Tensor(drawn(seed, case["shape"], dtype), requires_grad=True)
    y = F.avg_pool2d(x, **case["settings"], algorithm="direct")
    grad_y = drawn(seed + 1, y.shape, dtype)
    page = Page(avg_pool2d(x.detach(), **case["settings"], grad_y=grad_y, path=tmp_path / "p.html"))
    y.backward(grad_y)
    for name, array in {"x": x.data, "y": y.data, "grad_y": grad_y, "grad_x": x.grad}.items():
        assert array is not None
        assert_same_bits(page.arrays[name], array)
    assert_same_bits(page.arrays["grad_x_after"][-1], page.arrays["grad_x"])
    mean = page.arrays["sum"] / page.arrays["divisor"]
    np.testing.assert_allclose(page.arrays["y"], mean, rtol=1e-6, atol=1e-6)


def test_a_small_average_is_what_a_hand_makes_of_it(tmp_path: Path) -> None:
    x = np.arange(1, 10, dtype=np.float32).reshape(1, 1, 3, 3)
    page = Page(avg_pool2d(x, 2, 1, 1, count_include_pad=False, path=tmp_path / "p.html"))
    assert page.arrays["sum"].tolist() == [[[[1, 3, 5, 3], [5, 12, 16, 9], [11, 24, 28, 15],
                                             [7, 15, 17, 9]]]]  # fmt: skip
    assert page.arrays["divisor"].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2],
                                               [1, 2, 2, 1]]  # fmt: skip
    assert page.arrays["overlap"].tolist() == [[[[4] * 3] * 3]]
    page = Page(avg_pool2d(x, 2, 1, path=tmp_path / "p.html"))
    assert page.arrays["overlap"].tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
    assert page.arrays["grad_x"].tolist() == [[[[0.25, 0.5, 0.25], [0.5, 1, 0.5],
                                                [0.25, 0.5, 0.25]]]]  # fmt: skip


def test_the_winner_is_marked_and_a_window_of_padding_has_none(tmp_path: Path) -> None:
    x = np.array([[[[3.0, 8.0], [8.0, 1.0]]]], np.float32)
    page = Page(max_pool2d(x, 2, path=tmp_path / "p.html"))
    (forward,), (backward,) = (chapter["steps"] for chapter in page.chapters.values())
    assert forward["figures"][0]["marks"] == {"read": [0, 1, 2, 3], "winner": [1]}
    assert "row 0, column 1 wins, index 1" in forward["text"]
    assert page.arrays["grad_x"].tolist() == [[[[0, 1], [0, 0]]]]
    assert backward["figures"][1]["marks"] == {"write": [1]}
    page = Page(max_pool2d(np.ones((1, 1, 1, 1), np.float32), 2, 1, 1, 2, path=tmp_path / "p.html"))
    assert page.arrays["index"].tolist() == [[[[-1]]]]
    assert "no winner" in page.steps[0]["text"]


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, -0.0])
def test_special_numbers_pass(tmp_path: Path, special: float) -> None:
    x = np.array([[[[special, 1.5], [0.1, -2]]]], np.float32)
    for op in (max_pool2d, avg_pool2d):
        page = Page(op(x, 2, 1, 1, grad_y=lambda s: np.full(s, special, np.float32),
                       path=tmp_path / "p.html"))  # fmt: skip
        assert_same_bits(page.arrays["grad_x_after"][-1], page.arrays["grad_x"])
