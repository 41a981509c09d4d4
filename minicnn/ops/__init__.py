"""Differentiable operations: `Function` and public function side by side, one file a family."""

from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from minicnn.ops.add import add
from minicnn.ops.arithmetic import div, maximum, minimum, mul, neg, pow, sub
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.comparisons import eq, ge, gt, le, lt, ne
from minicnn.ops.conv2d import conv2d
from minicnn.ops.conversion import clone, to
from minicnn.ops.einsum import einsum
from minicnn.ops.elementwise import abs, cos, exp, log, sigmoid, sin, sqrt, tanh
from minicnn.ops.extrema import amax, amin, argmax, argmin, max, min, topk
from minicnn.ops.indexing import gather, getitem
from minicnn.ops.joining import cat, chunk, split, stack
from minicnn.ops.logical import (
    all,
    any,
    isfinite,
    isinf,
    isnan,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from minicnn.ops.matmul import matmul
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.ops.norm import norm
from minicnn.ops.ordering import argsort, cumsum, sort
from minicnn.ops.rearrange import expand, flip, permute, repeat, roll, transpose
from minicnn.ops.reductions import logsumexp, mean, prod, std, sum, var
from minicnn.ops.rounding import ceil, floor, floor_divide, remainder, round, sign
from minicnn.ops.selection import clamp, where
from minicnn.ops.shape import flatten, reshape, squeeze, unflatten, unsqueeze, view

__all__ = [
    "abs",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "avg_pool2d",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "clone",
    "conv2d",
    "cos",
    "cumsum",
    "div",
    "einsum",
    "eq",
    "exp",
    "expand",
    "flatten",
    "flip",
    "floor",
    "floor_divide",
    "gather",
    "ge",
    "getitem",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "lt",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mul",
    "ne",
    "neg",
    "norm",
    "permute",
    "pow",
    "prod",
    "remainder",
    "repeat",
    "reshape",
    "roll",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "sort",
    "split",
    "sqrt",
    "squeeze",
    "stack",
    "std",
    "sub",
    "sum",
    "tanh",
    "to",
    "topk",
    "transpose",
    "unflatten",
    "unsqueeze",
    "var",
    "view",
    "where",
]
