"""Samples of operations that move numbers about, and of products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.torch_parity.draw import Draw, Sample, op_and_method, samples


def refactored(d: Draw, count: int) -> tuple[int, ...]:
    """Draw a shape of `count` elements, one of its sizes perhaps -1."""
    sizes = []
    while count > 1 and len(sizes) < 4:
        size = d.one_of(*[n for n in range(1, count + 1) if count % n == 0])
        sizes.append(size)
        count //= size
    sizes.append(count)
    if d.flag():
        sizes[d.integer(0, len(sizes) - 1)] = -1
    return tuple(sizes)


@op_and_method("reshape", "view")
def reshape(d: Draw) -> Sample:
    x = d.floats(*d.shape(0))
    return (x, refactored(d, x.size)), {}


@samples("ops.flatten", "F.flatten", "Tensor.flatten")
def flatten(d: Draw) -> Sample:
    shape = d.shape()
    start = d.integer(0, len(shape) - 1)
    settings = d.some(start_dim=start) | d.some(end_dim=d.integer(start, len(shape) - 1))
    return (d.floats(*shape),), settings


@samples("ops.unflatten", "F.unflatten", "Tensor.unflatten")
def unflatten(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    return (d.floats(*shape), dim, refactored(d, shape[dim])), {}


@op_and_method("squeeze")
def squeeze(d: Draw) -> Sample:
    shape = tuple(d.one_of(1, 1, 3) for _ in range(d.integer(1, 4)))
    x = d.floats(*shape)
    return (x, *d.one_of((), (d.axis(len(shape)),), (d.axes(len(shape)),))), {}


@op_and_method("unsqueeze")
def unsqueeze(d: Draw) -> Sample:
    shape = d.shape(0)
    return (d.floats(*shape), d.axis(len(shape) + 1)), {}


@op_and_method("permute")
def permute(d: Draw) -> Sample:
    shape = d.shape()
    n = len(shape)
    return (d.floats(*shape), tuple(int(a) for a in d.rng.permutation(n) - n * d.flag())), {}


@op_and_method("transpose")
def transpose(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.axis(len(shape)), d.axis(len(shape))), {}


@op_and_method("expand")
def expand(d: Draw) -> Sample:
    shape = d.shape(0)
    narrow = d.narrower(shape)
    missing = len(shape) - len(narrow)
    sizes = [
        -1 if i >= missing and narrow[i - missing] == size and d.flag() else size
        for i, size in enumerate(shape)
    ]
    return (d.floats(*narrow), tuple(sizes)), {}


@op_and_method("repeat")
def repeat(d: Draw) -> Sample:
    shape = d.shape(0, 3, 3)
    more = d.integer(0 if shape else 1, 2)
    return (d.floats(*shape), tuple(d.integer(1, 3) for _ in range(len(shape) + more))), {}


@op_and_method("flip")
def flip(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.axes(len(shape))), {}


@op_and_method("roll")
def roll(d: Draw) -> Sample:
    shape = d.shape()
    if d.flag():
        return (d.floats(*shape), d.integer(-7, 7)), {}
    dims = d.axes(len(shape))
    return (d.floats(*shape), tuple(d.integer(-7, 7) for _ in dims), dims), {}


@samples("ops.cat")
def cat(d: Draw) -> Sample:
    shape = list(d.shape())
    dim = d.axis(len(shape))
    arrays = []
    for _ in range(d.integer(1, 4)):
        shape[dim] = d.integer(1, 4)
        arrays.append(d.floats(*shape))
    return (arrays,), d.one_of(dict(dim=dim), dict(dim=dim))


@samples("ops.stack")
def stack(d: Draw) -> Sample:
    shape = d.shape(0, 3)
    arrays = [d.floats(*shape) for _ in range(d.integer(1, 4))]
    return (arrays,), d.some(dim=d.axis(len(shape) + 1))


@op_and_method("split")
def split(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    size: Any = d.integer(1, 5)
    if d.flag():
        cut = d.integer(0, shape[dim])
        size = [cut, shape[dim] - cut]
    return (d.floats(*shape), size), dict(dim=dim)


@op_and_method("chunk")
def chunk(d: Draw) -> Sample:
    shape = d.shape()
    return (d.floats(*shape), d.integer(1, 6)), d.one_of({}, dict(dim=d.axis(len(shape))))


@op_and_method("gather")
def gather(d: Draw) -> Sample:
    shape = d.shape()
    dim = d.axis(len(shape))
    sizes = [d.integer(1, size) for size in shape]
    sizes[dim] = d.integer(1, 6)
    return (d.floats(*shape), dim, d.integers(*sizes, low=0, high=shape[dim] - 1)), {}


@samples("ops.getitem", "Tensor.__getitem__")
def getitem(d: Draw) -> Sample:
    shape = d.shape()
    x = d.floats(*shape)
    if d.integer(0, 4) == 0:
        return (x, d.flags(*shape[: d.integer(1, len(shape))])), {}
    index: list[Any] = []
    for size in shape[: d.integer(1, len(shape))]:
        start, stop = sorted((d.integer(0, size), d.integer(0, size)))
        index.append(d.one_of(slice(start, stop, d.integer(1, 2)), d.integer(-size, size - 1)))
    at = d.integer(0, len(index) - 1)
    index[at] = d.one_of(index[at], d.integers(3, low=-shape[at], high=shape[at] - 1))
    index.insert(d.integer(0, len(index)), None)
    if d.flag():
        index.append(Ellipsis)
    return (x, tuple(index)), {}


@op_and_method("to")
def to(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)), d.one_of(np.float64, np.int64)), {}


@samples("Tensor.double", "Tensor.long", "Tensor.float")
def conversion(d: Draw) -> Sample:
    return (d.floats(*d.shape(0)),), {}


# -- products -------------------------------------------------------------------------------------


@op_and_method("matmul")
def matmul(d: Draw) -> Sample:
    m, k, n = (d.integer(1, 6) for _ in range(3))
    batch = d.shape(0, 2, 3)
    a, b = d.floats(*d.narrower(batch), m, k), d.floats(*d.narrower(batch), k, n)
    return d.one_of((a, b), (a, b), (d.floats(k), b), (a, d.floats(k))), {}


samples("Tensor.__matmul__")(matmul)


@samples("Tensor.__rmatmul__")
def reversed_matmul(d: Draw) -> Sample:
    (a, b), _ = matmul(d)
    return (b, a), {}


@samples("Tensor.t")
def t(d: Draw) -> Sample:
    return (d.floats(*d.shape(1, 2)),), {}


@samples("ops.einsum")
def einsum(d: Draw) -> Sample:
    formulas = [
        "ij,jk->ik", "bij,bjk->bik", "ij,ij->", "ij->ji", "ij->i", "i,j->ij", "bij,bkj->bik",
        "nchw,oc->nohw", "...ij,jk->...ik", "ij,jk,kl->il", "ij,j",
    ]  # fmt: skip
    formula = d.one_of(*formulas)
    sizes = {letter: d.integer(1, 4) for letter in "bchijklnow"}
    extra = d.shape(0, 2, 3)
    arrays = []
    for term in formula.split("->")[0].split(","):
        front = extra if "..." in term else ()
        arrays.append(d.floats(*front, *[sizes[c] for c in term.replace("...", "")]))
    return (formula, *arrays), {}
