"""Sums of products named by letters (Einstein's convention), made of the other operations.

Two operands at a time become one batched matrix product: letters of both that stay are the batch,
letters of both that go are summed by the product. The gradient follows from the parts.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from minicnn.ops._operands import common_dtype, converted
from minicnn.ops.arithmetic import mul
from minicnn.ops.conversion import clone
from minicnn.ops.indexing import getitem
from minicnn.ops.matmul import matmul
from minicnn.ops.rearrange import permute
from minicnn.ops.reductions import sum
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor, as_tensor

Labelled = tuple[Tensor, str]  # a tensor and one letter for each of its axes


def _parsed(equation: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Return the letters of each operand and of the result, with letters in place of "..."."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum: {equation!r} names {len(terms)} operands, but {len(ndims)} were given"
        )
    free = [c for c in string.ascii_letters if c not in equation]
    hidden = 0  # how many axes the longest "..." stands for
    for i, (term, ndim) in enumerate(zip(terms, ndims)):
        named = term.replace("...", "", 1)
        count = ndim - len(named)
        if not all(c in string.ascii_letters for c in named):
            raise ValueError(f"einsum: letters, commas, -> and ... are allowed, got {equation!r}")
        if count < 0 or (count and "..." not in term):
            raise ValueError(
                f"einsum: operand {i} has {ndim} axes, but {equation!r} names {len(named)}"
            )
        hidden = max(hidden, count)
        terms[i] = term.replace("...", "".join(free[:count])[::-1], 1)
    dots = "".join(free[:hidden])[::-1]
    if not arrow:  # the letters that occur once, in order
        once = sorted([c for c in set("".join(terms)) if "".join(terms).count(c) == 1])
        return terms, dots + "".join([c for c in once if c not in dots])
    result = result.replace("...", dots, 1)
    if len(set(result)) != len(result) or not set(result) <= set("".join(terms)):
        raise ValueError(
            f"einsum: the result must name letters of the operands, each once, got {equation!r}"
        )
    return terms, result


def _diagonal(x: Tensor, letters: str) -> Labelled:
    """Return `x` with each repeated letter's axes reduced to their diagonal."""
    for letter in set(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            order = [i for i in range(len(letters)) if i not in (first, second)]
            x = permute(x, (first, second, *order))
            places = np.arange(x.data.shape[0])
            x = getitem(x, (places, places))
            letters = letter + "".join([letters[i] for i in order])
    return x, letters


def _without(x: Tensor, letters: str, wanted: set[str]) -> Labelled:
    """Sum `x` over the axes whose letters nobody wants."""
    gone = tuple([i for i, c in enumerate(letters) if c not in wanted])
    if not gone:
        return x, letters
    return sum(x, gone), "".join([c for c in letters if c in wanted])


def _contracted(a: Labelled, b: Labelled, wanted: set[str]) -> Labelled:
    """Multiply two operands and sum over the letters of both that nobody wants."""
    a, b = _without(*a, wanted | set(b[1])), _without(*b, wanted | set(a[1]))
    both = [c for c in a[1] if c in b[1]]
    batch, summed = [c for c in both if c in wanted], [c for c in both if c not in wanted]
    rows, columns = [c for c in a[1] if c not in both], [c for c in b[1] if c not in both]
    size = _sizes([a, b])
    x = permute(a[0], tuple([a[1].index(c) for c in batch + rows + summed]))
    y = permute(b[0], tuple([b[1].index(c) for c in batch + summed + columns]))
    N, M, K = ([size[c] for c in group] for group in (batch, rows, summed))
    lengths = [size[c] for c in columns]
    if not summed:  # no sum: an outer product, element by element
        x = reshape(x, (*N, *M, *[1] * len(columns)))
        y = reshape(y, (*N, *[1] * len(rows), *lengths))
        return mul(x, y), "".join(batch + rows + columns)
    x = reshape(x, (*N, prod(M), prod(K)))
    y = reshape(y, (*N, prod(K), prod(lengths)))
    return reshape(matmul(x, y), (*N, *M, *lengths)), "".join(batch + rows + columns)


def _sizes(operands: Sequence[Labelled]) -> dict[str, int]:
    """Return the size of each letter; raise ValueError if one has two."""
    size: dict[str, int] = {}
    for i, (x, letters) in enumerate(operands):
        for letter, n in zip(letters, x.data.shape):
            if size.setdefault(letter, n) != n:
                raise ValueError(
                    f"einsum: {letter!r} is an axis of size {size[letter]} in one place and of size"
                    f" {n} in operand {i} of shape {x.shape}"
                )
    return size


def einsum(equation: str, *operands: Any) -> Tensor:
    """Multiply tensors and sum over the letters that the result does not name.

    Args:
        equation: The letters of each operand's axes, and after "->" those of the result; "..."
            stands for axes without names, which must be alike. Without "->", the result has the
            letters that occur once, in alphabetical order.
        operands: The tensors, or one list of them; NumPy chooses the order of their products.

    Returns:
        The shape that the result's letters have. Floating-point sums of products are those of
        `matmul`, and do not depend on the number of threads.

    Raises:
        ValueError: If the equation does not fit the operands, or one letter has two sizes.

    Example:
        >>> einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
        tensor([21., 43.])
    """
    if not isinstance(equation, str):
        raise TypeError(f"einsum: equation must be a string, got {equation!r}")
    if not operands:
        raise ValueError("einsum: needs at least one operand, got none")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    tensors = [as_tensor(x) for x in operands]
    dtype = tensors[0].data.dtype
    for x in tensors[1:]:
        dtype = common_dtype(np.empty(1, dtype), np.empty(1, x.data.dtype))
    terms, result = _parsed(equation, [x.data.ndim for x in tensors])
    parts = [(converted(x, dtype), t) for x, t in zip(tensors, terms)]
    _sizes(parts)
    for i, (x, letters) in enumerate(parts):
        parts[i] = _diagonal(x, letters)
    for step in _order(parts, result):
        chosen = [parts[i] for i in step]
        parts = [part for i, part in enumerate(parts) if i not in step]
        while len(chosen) > 1:
            wanted = set(result).union(*[letters for _, letters in parts + chosen[2:]])
            chosen[:2] = [_contracted(chosen[0], chosen[1], wanted)]
        parts += chosen
    x, letters = _without(*parts[0], set(result))
    y = permute(x, tuple([letters.index(c) for c in result]))
    view = len(tensors) == 1 and np.may_share_memory(y.data, tensors[0].data)
    return clone(y) if view else y


def _order(parts: Sequence[Labelled], result: str) -> list[tuple[int, ...]]:
    """Return which operands to multiply in each step; its product goes to the end of the list."""
    if len(parts) == 1:
        return []
    if len(parts) == 2:
        return [(0, 1)]
    shapes = [np.broadcast_to(np.float32(0), x.shape) for x, _ in parts]
    equation = ",".join([letters for _, letters in parts]) + "->" + result
    path: list[Any] = np.einsum_path(equation, *shapes, optimize="greedy")[0]
    return [tuple(step) for step in path[1:]]  # path[0] is a word
