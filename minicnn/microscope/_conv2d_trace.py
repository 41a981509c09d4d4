"""One convolution as its kernels compute it: every number comes out of cpp/, none is made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import minicnn._core as _core
from minicnn._checks import boolean, integer, kernel_arrays, pair
from minicnn.microscope import _inputs

OP = "microscope.conv2d"


@dataclass
class Conv2dTrace:
    """The arrays of a traced convolution, by name, and what they mean.

    Letters in the shapes: G groups, M output channels of a group, T terms of a sum (one for each
    cell of a kernel), P places of the window in one image, Q = N * P places in the batch.
    """

    settings: dict[str, Any]
    arrays: dict[str, np.ndarray]
    rows: np.ndarray  # the input row under each kernel row at each output row, (H_out, K_h)
    cols: np.ndarray  # (W_out, K_w)
    tiles: np.ndarray  # of the tiled step: task, thread, row, rows, column, columns, terms
    tile_size: tuple[int, int, int]  # rows and columns of the largest tile, values in a register
    target: str  # the instruction set that all this ran on
    threads: int
    relu: bool


def trace_conv2d(
    x: Any,
    weight: Any,
    bias: Any,
    grad_y: Any,
    *,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    relu: bool,
) -> Conv2dTrace:
    """Run a convolution and its backward pass step by step through the kernels."""
    x, weight = kernel_arrays(
        OP, x=_inputs.images(OP, x), weight=_inputs.array(OP, "weight", weight)
    )
    if bias is not None:
        _, bias = kernel_arrays(OP, x=x, bias=_inputs.array(OP, "bias", bias))
    s: dict[str, Any] = dict(
        stride=pair(OP, "stride", stride),
        padding=pair(OP, "padding", padding),
        dilation=pair(OP, "dilation", dilation),
        groups=integer(OP, "groups", groups),
    )
    relu = boolean(OP, "relu", relu)
    _check_sizes(x, weight, s)
    arrays = {"x": x, "weight": weight} | ({} if bias is None else {"bias": bias})
    arrays |= _forward(x, weight, bias, s, relu)
    arrays["grad_y"] = _inputs.gradient(OP, grad_y, arrays["y"])
    arrays |= _backward(arrays, s, relu)
    tiles, tiled = _tiles(x, weight, bias, s, relu)
    rows, cols = _core.trace_conv2d_places(x.shape, weight.shape, **s)
    return Conv2dTrace(
        s, arrays | tiled, rows, cols, tiles, _core.trace_tile_size(x), _core.active_target(),
        _core.num_threads(), relu,
    )  # fmt: skip


def _check_sizes(x: np.ndarray, weight: np.ndarray, s: dict[str, Any]) -> None:
    """Raise ValueError if there is no such convolution, or it is too large to be read."""
    if weight.ndim != 4:
        raise ValueError(
            f"{OP}: weight must have shape (C_out, C_in // groups, K_h, K_w), got {weight.shape}"
        )
    rows, cols = _core.trace_conv2d_places(x.shape, weight.shape, **s)
    _inputs.at_most(OP, "pixels of padding", _inputs.MOST_PIXELS, max(s["padding"]))
    _inputs.at_most(OP, "output channels", _inputs.MOST_CHANNELS, weight.shape[0])
    terms, places = weight[0].size, len(rows) * len(cols)
    _inputs.at_most(OP, "terms of a sum (C_in / groups * K_h * K_w)", _inputs.MOST_TERMS, terms)
    _inputs.at_most(OP, "places of the window (H_out * W_out)", _inputs.MOST_PLACES, places)
    products = x.shape[0] * weight.size * places
    _inputs.at_most(OP, "multiplications", _inputs.MOST_PRODUCTS, products)


def _by_group(
    left: np.ndarray, right: np.ndarray, **transposes: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trace the product of each image and group: left and right have shape (N, G, ., .).

    Returns the product (N, G, rows, columns), and for each of its cells the terms one by one and
    the sum after each, (N, G, rows, columns, terms).
    """
    found = [
        [_core.trace_gemm(a, b, **transposes) for a, b in zip(*image)] for image in zip(left, right)
    ]
    product, terms, sums = (
        np.array([[one[part] for one in image] for image in found]) for part in range(3)
    )
    return product, terms, sums


def _grouped(weight: np.ndarray, N: int, groups: int) -> np.ndarray:
    """The weight as one matrix (M, T) for each image and group: (N, G, M, T)."""
    matrices = weight.reshape(groups, weight.shape[0] // groups, -1)
    return np.broadcast_to(matrices, (N, *matrices.shape))


def _forward(
    x: np.ndarray, weight: np.ndarray, bias: Any, s: dict[str, Any], relu: bool
) -> dict[str, np.ndarray]:
    """The steps of cpp/conv2d/step2_im2col.hpp, forward."""
    columns = _core.trace_im2col(x, weight_shape=weight.shape, **s)  # (N, G, T, P)
    product, terms, sums = _by_group(_grouped(weight, x.shape[0], s["groups"]), columns)
    step2: dict[str, Any] = dict(algorithm="im2col", **s)
    with_bias = _core.conv2d_forward(x, weight, bias, relu=False, **step2)
    return {
        "columns": columns,
        "product": product,
        "product_terms": terms,
        "product_sums": sums,
        "with_bias": with_bias,
        "y": _core.conv2d_forward(x, weight, bias, relu=relu, **step2),
    }


def _backward(a: dict[str, np.ndarray], s: dict[str, Any], relu: bool) -> dict[str, np.ndarray]:
    """The steps of cpp/conv2d/step2_im2col.hpp, backward."""
    x, weight, grad_y = a["x"], a["weight"], a["grad_y"]
    cut, grad_bias = grad_y, None
    if relu:
        cut, grad_bias = _core.conv2d_backward_relu(grad_y, a["y"], True)
    else:
        grad_bias = _core.conv2d_backward_bias(grad_y)
    assert grad_bias is not None
    N, G, _, P = a["columns"].shape
    grouped = cut.reshape(N, G, -1, P)  # (N, G, M, P)
    shapes: dict[str, Any] = dict(x_shape=x.shape, weight_shape=weight.shape, **s)
    grad_columns, column_terms, column_sums = _by_group(
        _grouped(weight, N, G), grouped, transpose_a=True
    )
    grad_x, after = _core.trace_col2im(grad_columns, **shapes)
    overlap, _ = _core.trace_col2im(np.ones_like(grad_columns), **shapes)
    parts, weight_terms, weight_sums = _by_group(grouped, a["columns"], transpose_b=True)
    step2: dict[str, Any] = dict(weight_shape=weight.shape, algorithm="im2col", **s)
    until = [_core.conv2d_backward_weight(cut[:n], x[:n], **step2) for n in range(1, N + 1)]
    return {
        "cut": cut,
        "grad_bias": grad_bias,
        "grad_columns": grad_columns,
        "grad_columns_terms": column_terms,
        "grad_columns_sums": column_sums,
        "after": after,
        "overlap": overlap,
        "grad_x": grad_x,
        "grad_weight_part": parts,
        "grad_weight_terms": weight_terms,
        "grad_weight_sums": weight_sums,
        "grad_weight_until": np.array(until),  # (N, C_out, C_in / groups, K_h, K_w)
        "grad_weight": until[-1],
    }


def _tiles(
    x: np.ndarray, weight: np.ndarray, bias: Any, s: dict[str, Any], relu: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The tiles of cpp/conv2d/step3_tiled.hpp, forward, in the order in which they were done."""
    y, terms, sums, tiles = _core.trace_conv2d_tiled(x, weight, bias, relu=relu, **s)
    order = np.empty(sums.shape[:2], np.int64)
    thread = np.empty_like(order)
    for place, (_, worker, row, rows, column, columns, _) in enumerate(tiles, 1):
        order[row : row + rows, column : column + columns] = place
        thread[row : row + rows, column : column + columns] = worker
    arrays = {
        "tile_y": y,
        "tile_terms": terms,  # (C_out, Q, T)
        "tile_sums": sums,
        "tile_order": order,
        "tile_thread": thread,
    }
    return tiles, arrays
