"""The microscope of convolution: the kernels' numbers to the bit, with the meaning it says."""

from __future__ import annotations

import platform
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicnn import Tensor, _core
from minicnn.microscope import conv2d
from minicnn.nn import functional as F
from tests.machine import cases
from tests.microscope.pages import Page, assert_same_bits
from tests.strategies import Conv2dCase, pairs, seeds

X86 = platform.machine() in {"x86_64", "AMD64"}


@st.composite
def small_cases(draw: Any, most_products: int = 250) -> Conv2dCase:
    """Draw any legal convolution that is small enough to be read."""
    kernel, dilation, padding = draw(pairs(1, 3)), draw(pairs(1, 2)), draw(pairs(0, 2))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    image = [draw(st.integers(max(1, e - 2 * p), e + 4)) for e, p in zip(extents, padding)]
    groups = draw(st.integers(1, 3))
    case = Conv2dCase(
        N=draw(st.integers(1, 3)),
        C_in=groups * draw(st.integers(1, 3)),
        C_out=groups * draw(st.integers(1, 5)),
        image=(image[0], image[1]),
        kernel=kernel,
        stride=draw(pairs(1, 3)),
        padding=padding,
        dilation=dilation,
        groups=groups,
        seed=draw(seeds),
    )
    terms = case.C_in // groups * kernel[0] * kernel[1]
    assume(case.N * case.C_out * case.out[0] * case.out[1] * terms <= most_products)
    assume(case.out[0] * case.out[1] <= 64)
    assume(case.sees_the_image())
    return case


def page_of(tmp_path: Path, case: Conv2dCase, arrays: list[Any], **more: Any) -> Page:
    x, weight, bias, grad_y = arrays
    options = case.options | more
    return Page(conv2d(x, weight, bias, grad_y=grad_y, path=tmp_path / "c.html", **options))


@cases(200)
@given(
    case=small_cases(),
    dtype=st.sampled_from([np.float32, np.float32, np.float64]),
    relu=st.booleans(),
    with_bias=st.booleans(),
)
def test_the_numbers_of_the_page_are_those_of_the_kernels(
    tmp_path: Path, case: Conv2dCase, dtype: Any, relu: bool, with_bias: bool
) -> None:
    """Forward and backward through the public operation, by the step of im2col and by the tiled."""
    x, weight, bias, grad_y = (array.astype(dtype) for array in case.floats())
    page = page_of(tmp_path, case, [x, weight, bias if with_bias else None, grad_y], relu=relu)
    tensors = [Tensor(array, requires_grad=True) for array in (x, weight, bias)]
    operands = tensors if with_bias else tensors[:2]
    y = F.conv2d(*operands, **case.options, relu=relu, algorithm="im2col")
    y.backward(grad_y)
    expected = {
        "x": x, "weight": weight, "grad_y": grad_y, "y": y.data,
        "grad_x": tensors[0].grad, "grad_weight": tensors[1].grad,
        "tile_y": F.conv2d(*operands, **case.options, relu=relu, algorithm="tiled").data,
    }  # fmt: skip
    if with_bias:
        expected |= {"bias": bias, "grad_bias": tensors[2].grad}
    for name, array in expected.items():
        assert array is not None
        assert_same_bits(page.arrays[name], array)
    assert_same_bits(page.arrays["tile_y"], page.arrays["y"])
    without = F.conv2d(*tensors[:2], **case.options, algorithm="im2col").data
    assert_same_bits(page.arrays["product"], without)
    for name in ("product", "grad_columns", "grad_weight_part"):
        sums = name.removesuffix("_part") + "_sums"
        assert_same_bits(page.arrays[sums][..., -1], page.arrays[name])


@cases(40)
@given(case=small_cases())
def test_integers_agree_with_sums_of_numpy(tmp_path: Path, case: Conv2dCase) -> None:
    """Every term and every sum after it, exactly, from an im2col by fancy indexing."""
    numbers = case.integers()
    x, weight, _, grad_y = numbers
    page = page_of(tmp_path, case, [a.astype(np.float32) for a in numbers], relu=False)
    margins = [(0, 0), (0, 0), (case.padding[0],) * 2, (case.padding[1],) * 2]
    rows, cols = (
        np.arange(case.out[a])[:, None] * case.stride[a]
        + np.arange(case.kernel[a]) * case.dilation[a]
        for a in (0, 1)
    )
    G, N = case.groups, case.N
    windows = np.pad(x, margins)[:, :, rows[:, None, :, None], cols[None, :, None, :]]
    windows = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, G, weight[0].size, -1)
    matrices = weight.reshape(1, G, case.C_out // G, 1, -1)
    np.testing.assert_array_equal(page.arrays["columns"], windows)
    terms = matrices * windows.transpose(0, 1, 3, 2)[:, :, None]  # (N, G, M, P, T)
    np.testing.assert_array_equal(page.arrays["product_terms"], terms)
    np.testing.assert_array_equal(page.arrays["product_sums"], terms.cumsum(axis=-1))
    across = terms.transpose(1, 2, 0, 3, 4).reshape(page.arrays["tile_sums"].shape)
    np.testing.assert_array_equal(page.arrays["tile_terms"], across)
    np.testing.assert_array_equal(page.arrays["tile_sums"], across.cumsum(axis=-1))
    grad = grad_y.reshape(N, G, case.C_out // G, -1)
    terms = grad.transpose(0, 1, 3, 2)[:, :, None] * weight.reshape(1, G, -1, 1, windows.shape[2]
        ).transpose(0, 1, 4, 3, 2)  # (N, G, T, P, M)  # fmt: skip
    np.testing.assert_array_equal(page.arrays["grad_columns_terms"], terms)
    np.testing.assert_array_equal(page.arrays["grad_columns_sums"], terms.cumsum(axis=-1))
    terms = grad[:, :, :, None] * windows[:, :, None]  # (N, G, M, T, P)
    np.testing.assert_array_equal(page.arrays["grad_weight_terms"], terms)
    np.testing.assert_array_equal(page.arrays["grad_weight_sums"], terms.cumsum(axis=-1))
    until = terms.sum(axis=-1).cumsum(axis=0)
    np.testing.assert_array_equal(page.arrays["grad_weight_until"].reshape(until.shape), until)
    covered = np.zeros([size + 2 * p for size, p in zip(case.image, case.padding)], int)
    np.add.at(covered, (rows[:, None, :, None], cols[None, :, None, :]), 1)
    inner = covered[tuple(slice(p, p + size) for p, size in zip(case.padding, case.image))]
    np.testing.assert_array_equal(page.arrays["overlap"], np.broadcast_to(inner, x.shape))


def test_each_sum_is_the_one_before_plus_a_term_rounded_as_this_processor_does(
    target: str, tmp_path: Path
) -> None:
    """Rounded once after a fused multiply-add; twice where the instruction set has none."""
    case = Conv2dCase(2, 3, 7, (5, 4), (3, 2), padding=(1, 0), seed=5)
    arrays = [array.astype(np.float32) for array in case.floats()]
    page = page_of(tmp_path, case, arrays)
    weight = arrays[1].reshape(7, -1)
    columns = page.arrays["tile_columns"][0]
    sums, terms = page.arrays["tile_sums"], page.arrays["tile_terms"]
    for co, q, k in np.ndindex(sums.shape):
        before = Fraction(0) if k == 0 else Fraction(float(sums[co, q, k - 1]))
        product = Fraction(float(weight[co, k])) * Fraction(float(columns[k, q]))
        assert nearest(terms[co, q, k], product)
        if target == "baseline" and X86:  # SSE2 has none
            product = Fraction(float(terms[co, q, k]))
        assert nearest(sums[co, q, k], before + product)


def nearest(got: np.float32, exact: Fraction) -> bool:
    """Whether no other float32 is nearer."""
    return abs(Fraction(float(got)) - exact) <= Fraction(float(np.spacing(abs(got)))) / 2


def test_every_cell_lies_in_one_tile_and_tiles_are_as_large_as_the_registers(
    target: str, tmp_path: Path
) -> None:
    case = Conv2dCase(2, 1, 10, (7, 7), (2, 2))
    page = page_of(tmp_path, case, [array.astype(np.float32) for array in case.floats()])
    order, thread = page.arrays["tile_order"], page.arrays["tile_thread"]
    rows, columns = {"baseline": (6, 8) if X86 else (8, 12), "avx2": (6, 16), "avx512": (8, 48)}[
        target
    ]
    assert order.shape == (10, 72)
    assert set(order.ravel()) == set(range(1, 1 + -(-10 // rows) * -(-72 // columns)))
    for tile in range(1, order.max() + 1):
        at = np.argwhere(order == tile)
        height, width = at.max(axis=0) - at.min(axis=0) + 1
        assert (height, len(at)) == (5, 5 * width)
        assert width <= columns
        assert len(set(thread[order == tile])) == 1
    assert 0 <= thread.min() <= thread.max() < _core.num_threads()


def test_each_step_of_the_register_tile_shows_its_operands_and_the_sums_so_far(
    target: str, tmp_path: Path
) -> None:
    case = Conv2dCase(2, 2, 16, (6, 5), (2, 2), groups=2)
    x, weight, bias, grad_y = (array.astype(np.float32) for array in case.integers())
    page = page_of(tmp_path, case, [x, weight, bias, grad_y], relu=False)
    matrix, order, terms = weight.reshape(16, -1), page.arrays["tile_order"], 4
    columns = page.arrays["columns"].transpose(1, 2, 0, 3).reshape(2, terms, -1)  # of each group
    steps = iter(page.chapters["Register tile"]["steps"])
    for tile in range(1, order.max() + 1):
        cells = np.flatnonzero(order == tile)
        across, along = (np.unique(at) for at in np.unravel_index(cells, order.shape))
        (group,) = set(across // 8)
        W, panel = matrix[across], columns[group][:, along]
        assert next(steps)["figures"][0]["marks"]["write"] == cells.tolist()
        for k in range(terms):
            figures = next(steps)["figures"]
            shown = {figure["array"]: page.shown(figure) for figure in figures}
            np.testing.assert_array_equal(shown["weight"], W)
            np.testing.assert_array_equal(shown["tile_columns"], panel)
            np.testing.assert_array_equal(shown["tile_sums"], W[:, : k + 1] @ panel[: k + 1])
            read = {figure["array"]: figure["marks"].get("read") for figure in figures}
            assert read["weight"] == [i * terms + k for i in range(len(across))]
            assert read["tile_columns"] == [k * len(along) + j for j in range(len(along))]
        figures = {figure["array"]: page.shown(figure) for figure in next(steps)["figures"]}
        np.testing.assert_array_equal(figures["bias"][:, 0], bias[across])
        np.testing.assert_array_equal(figures["tile_result"], W @ panel + bias[across, None])
    assert next(steps, None) is None


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38])
def test_numbers_that_json_has_no_digits_for_arrive(tmp_path: Path, special: float) -> None:
    x = np.array([[[[special, 1.5], [0.1, -2]]]], np.float32)
    weight = np.array([[[[1, 0], [0, 1]]]], np.float32)
    page = Page(conv2d(x, weight, relu=False, path=tmp_path / "c.html"))
    assert_same_bits(page.arrays["x"], x)
    assert_same_bits(page.arrays["y"], F.conv2d(x, weight, algorithm="im2col").data)


def test_the_file_is_the_same_for_every_run_but_for_threads(tmp_path: Path) -> None:
    x, weight = np.ones((1, 1, 3, 3), np.float32), np.ones((1, 1, 2, 2), np.float32)
    pages = [conv2d(x, weight, path=tmp_path / f"{i}.html").read_bytes() for i in range(2)]
    assert pages[0] == pages[1]
