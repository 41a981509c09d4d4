"""Differentiable operations: `Function` and public function side by side, one file a family."""

from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from minicnn.ops.arithmetic import add, div, maximum, minimum, mul, neg, pow, sub
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.comparisons import eq, ge, gt, le, lt, ne
from minicnn.ops.conv2d import conv2d
from minicnn.ops.conversion import clone, to
from minicnn.ops.elementwise import abs, cos, exp, log, sigmoid, sin, sqrt, tanh
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.ops.reductions import sum
from minicnn.ops.selection import clamp, where

__all__ = [
    "abs",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "add",
    "avg_pool2d",
    "clamp",
    "clone",
    "conv2d",
    "cos",
    "div",
    "eq",
    "exp",
    "ge",
    "gt",
    "le",
    "log",
    "lt",
    "max_pool2d",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "neg",
    "pow",
    "sigmoid",
    "sin",
    "sqrt",
    "sub",
    "sum",
    "tanh",
    "to",
    "where",
]
