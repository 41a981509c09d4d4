"""Differentiable operations: `Function` and public function side by side, one file for each family."""

from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.conv2d import conv2d
from minicnn.ops.elementwise import add, clone, mul
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.ops.reductions import sum

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "add",
    "avg_pool2d",
    "clone",
    "conv2d",
    "max_pool2d",
    "mul",
    "sum",
]
