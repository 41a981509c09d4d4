"""Differentiable operations: `Function` and public function side by side, one file for each family."""

from minicnn.ops.conv2d import conv2d
from minicnn.ops.elementwise import add, clone, mul
from minicnn.ops.reductions import sum

__all__ = ["add", "clone", "conv2d", "mul", "sum"]
