"""Single kernels of minicnn and of PyTorch in both of its memory layouts, checked to agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import bench_conv2d
import bench_gemm
import bench_pool
import harness
import numpy as np
import reference
import torch
from shapes import ConvShape, GemmShape, PoolShape

from minicnn import _core

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
Runs = dict[str, Callable[[], Any]]
aten = torch.ops.aten


def conv2d(s: ConvShape, pass_name: str) -> Runs:
    """Return one pass of a convolution (without bias) for each competitor."""
    inputs = bench_conv2d.operands(pass_name, bench_conv2d.arrays(s))
    judge = partial(getattr(reference, pass_name), s)
    expected = judge(*(a.astype(np.float64) for a in inputs))
    cond = judge(*(np.abs(a).astype(np.float64) for a in inputs))
    runs: Runs = {"minicnn": partial(bench_conv2d.kernel(s, pass_name, "auto"), *inputs)}
    for layout, memory_format in LAYOUTS.items():
        tensors = [torch.from_numpy(a).contiguous(memory_format=memory_format) for a in inputs]
        runs[layout] = torch.inference_mode()(partial(torch_pass(s, pass_name), *tensors))
    step = bench_conv2d.steps_for(s)[1]
    for name, run in runs.items():  # both may choose Winograd's algorithm
        scale = bench_conv2d.rounding_scale(step, cond)
        harness.check(f"{name} {pass_name} {s}", run(), expected, scale)
    return runs


def torch_pass(s: ConvShape, pass_name: str) -> Callable[..., torch.Tensor]:
    stride, padding, one = [s.stride] * 2, [s.padding] * 2, [1, 1]
    if pass_name == "forward":
        return lambda x, w: aten.convolution(x, w, None, stride, padding, one, False, [0, 0], 1)
    backward = aten.convolution_backward
    rest = (None, stride, padding, one, False, [0, 0], 1)
    if pass_name == "backward_input":
        x = torch.empty(s.x)  # only its shape and layout count
        x_last = x.contiguous(memory_format=torch.channels_last)

        def grad_x(grad_y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            like = x if grad_y.is_contiguous() else x_last
            return backward(grad_y, like, w, *rest, [True, False, False])[0]

        return grad_x
    w = torch.empty(s.weight)
    w_last = w.contiguous(memory_format=torch.channels_last)

    def grad_weight(grad_y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        like = w if grad_y.is_contiguous() else w_last
        return backward(grad_y, x, like, *rest, [False, True, False])[1]

    return grad_weight


def gemm(s: GemmShape) -> Runs:
    a, b = bench_gemm.operands(s)
    turned = [letter == "T" for letter in s.transposes]
    left, right = (torch.from_numpy(m.T if t else m) for m, t in zip((a, b), turned))
    runs: Runs = {
        "minicnn": partial(_core.gemm, a, b, transpose_a=turned[0], transpose_b=turned[1]),
        "torch.mm": torch.inference_mode()(partial(torch.mm, left, right)),
    }
    expected = left.double() @ right.double()
    cond = left.double().abs() @ right.double().abs()
    for name, run in runs.items():
        harness.check(f"{name} {s}", run(), expected.numpy(), cond.numpy())
    return runs


def pooling(s: PoolShape, pass_name: str) -> Runs:
    kind, direction = pass_name.split()
    ours = checked_pooling(s)[pass_name][bench_pool.STEPS[kind][-1]]
    runs: Runs = {"minicnn": ours}
    rng = np.random.default_rng(0)  # draws what bench_pool drew
    x = torch.from_numpy(rng.uniform(-1, 1, s.x).astype(np.float32))
    grad_y = torch.from_numpy(rng.uniform(-1, 1, (s.N, s.C, s.H_out, s.H_out)).astype(np.float32))
    for layout, memory_format in LAYOUTS.items():
        tensors = [t.contiguous(memory_format=memory_format) for t in (x, grad_y)]
        run = torch_pool(s, kind, direction, *tensors)
        runs[layout] = torch.inference_mode()(run)
        right = np.asarray(ours())
        harness.check(f"{layout} {pass_name} {s}", runs[layout](), right, np.abs(right) + 1)
    return runs


# one shape's passes are asked for one after the other
checked_pooling = lru_cache(maxsize=1)(bench_pool.competitors)


def torch_pool(
    s: PoolShape, kind: str, direction: str, x: torch.Tensor, grad_y: torch.Tensor
) -> Callable[[], torch.Tensor]:
    window = ([s.K] * 2, [s.stride] * 2, [s.padding] * 2)
    if kind == "avg":
        if direction == "forward":
            return lambda: aten.avg_pool2d(x, *window)
        return lambda: aten.avg_pool2d_backward(grad_y, x, *window, False, True, None)
    if direction == "forward":
        return lambda: aten.max_pool2d_with_indices(x, *window)[0]
    indices = aten.max_pool2d_with_indices(x, *window)[1]
    backward = aten.max_pool2d_with_indices_backward
    return lambda: backward(grad_y, x, *window, [1, 1], False, indices)


CONV_PASSES = {name: partial(conv2d, pass_name=name) for name in bench_conv2d.PASSES}
POOL_PASSES = {name: partial(pooling, pass_name=name) for name in bench_pool.PASSES}
