"""Sixteen ways in which an array can lie in memory, all of which every operation accepts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import numpy as np


class Subclass(np.ndarray):
    """A class of arrays that is none of NumPy's."""


def misaligned(a: np.ndarray) -> np.ndarray:
    raw = np.empty(a.nbytes + 1, np.uint8)[1:]
    out = raw.view(a.dtype).reshape(a.shape)
    out[...] = a
    return out


def sliced(a: np.ndarray) -> np.ndarray:
    out = np.zeros([2 * size + 1 for size in a.shape], a.dtype)
    for axis in range(a.ndim):
        out = np.moveaxis(np.moveaxis(out, axis, 0)[1::2], 0, axis)
    out[...] = a
    return out


def backwards(a: np.ndarray) -> np.ndarray:
    return np.asarray(np.flip(np.asarray(np.flip(a)).copy()))


def read_only(a: np.ndarray) -> np.ndarray:
    out = a.copy()
    out.flags.writeable = False
    return out


def field(a: np.ndarray) -> np.ndarray:
    """A field of an array of records, between two others."""
    records = np.zeros(a.shape, [("before", np.uint8), ("value", a.dtype), ("after", np.int32)])
    records["value"] = a
    return records["value"]


def odd_strides(a: np.ndarray) -> np.ndarray:
    """Every axis of size 1 gets a stride that no array would have."""
    a = a.copy()
    strides = [13 if size == 1 else stride for size, stride in zip(a.shape, a.strides)]
    return np.lib.stride_tricks.as_strided(a, a.shape, strides)


def transposed(a: np.ndarray) -> np.ndarray:
    return a.T.copy().T if a.ndim < 2 else a.swapaxes(0, -1).copy().swapaxes(0, -1)


def repeated(a: np.ndarray) -> np.ndarray:
    """Other values: the first row for all rows, by a stride of 0."""
    return np.broadcast_to(a[:1], a.shape) if a.ndim and len(a) else np.broadcast_to(a, a.shape)


def mapped_from_a_file(a: np.ndarray) -> np.ndarray:
    if a.size == 0:
        return a.copy()  # no file of 0 bytes can be mapped
    with tempfile.TemporaryFile() as file:
        file.write(np.array(a, order="C").tobytes())
        file.flush()
        return np.memmap(file, a.dtype, "r", shape=a.shape or (1,)).reshape(a.shape)


def swapped(a: np.ndarray) -> np.ndarray:
    """The same numbers in the other byte order."""
    return a.astype(a.dtype.newbyteorder("S"))


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C order": lambda a: np.array(a, order="C"),
    "Fortran order": lambda a: np.array(a, order="F"),
    "transposed": transposed,
    "sliced": sliced,
    "negative strides": backwards,
    "broadcast": repeated,
    "misaligned": misaligned,
    "read-only": read_only,
    "other byte order": swapped,
    "byte order spelt out": lambda a: a.astype(a.dtype.newbyteorder("<").newbyteorder("=")),
    "field of a struct": field,
    "memory map": mapped_from_a_file,
    "axes of size 1 with odd strides": odd_strides,
    "subclass": lambda a: a.copy().view(Subclass),
    "sliced subclass": lambda a: sliced(a).view(Subclass),
    "other byte order and misaligned": lambda a: misaligned(swapped(a)),
}
CHANGES_VALUES = "broadcast"
NOT_WRITEABLE = {"broadcast", "read-only", "memory map"}  # nothing for a buffer


def plain(a: np.ndarray) -> np.ndarray:
    """Return the contiguous copy, in the machine's byte order."""
    return np.array(a, a.dtype.newbyteorder("="), order="C", subok=False)
