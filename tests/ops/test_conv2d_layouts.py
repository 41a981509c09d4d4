"""conv2d reads arrays of any memory layout: the same bits as from their contiguous copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.ops.conv2d import conv2d
from tests.reference import assert_same_bits


class Subclass(np.ndarray):
    pass


def misaligned(a: np.ndarray) -> np.ndarray:
    raw = np.empty(a.nbytes + 1, np.uint8)[1:]
    out = raw.view(a.dtype).reshape(a.shape)
    out[...] = a
    return out


def sliced(a: np.ndarray) -> np.ndarray:
    out = np.zeros([2 * size + 1 for size in a.shape], a.dtype)[tuple([slice(1, None, 2)] * a.ndim)]
    out[...] = a
    return out


def backwards(a: np.ndarray) -> np.ndarray:
    flip = tuple([slice(None, None, -1)] * a.ndim)
    return a[flip].copy()[flip]


def read_only(a: np.ndarray) -> np.ndarray:
    out = a.copy()
    out.flags.writeable = False
    return out


def field(a: np.ndarray) -> np.ndarray:
    records = np.zeros(a.shape, [("before", np.uint8), ("value", a.dtype), ("after", np.int32)])
    records["value"] = a
    return records["value"]


def odd_strides(a: np.ndarray) -> np.ndarray:
    """Every axis of size 1 gets a stride that no array would have."""
    strides = [13 if size == 1 else stride for size, stride in zip(a.shape, a.strides)]
    return np.lib.stride_tricks.as_strided(a, a.shape, strides)


def transposed(a: np.ndarray) -> np.ndarray:
    return a.swapaxes(0, -1).copy().swapaxes(0, -1)


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "transposed": transposed,
    "sliced": sliced,
    "negative strides": backwards,
    "misaligned": misaligned,
    "read-only": read_only,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "little-endian": lambda a: a.astype(a.dtype.newbyteorder("<")),
    "field of a struct": field,
    "axes of size 1 with odd strides": odd_strides,
    "subclass": lambda a: a.view(Subclass),
    "sliced subclass": lambda a: sliced(a).view(Subclass),
    "big-endian and misaligned": lambda a: misaligned(a.astype(a.dtype.newbyteorder(">"))),
}


def arrays(dtype: str) -> list[np.ndarray]:
    """x, weight, bias and grad_y; x has axes of size 1."""
    rng = np.random.default_rng(0)
    shapes = [(1, 4, 1, 9), (6, 2, 1, 3), (6,), (1, 6, 1, 7)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def results(inputs: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [Tensor(a, requires_grad=True) for a in inputs[:3]]
    y = conv2d(*tensors, groups=2)
    y.backward(inputs[3])
    return [y.data, *(t.grad for t in tensors)]


def check_layout(inputs: list[np.ndarray], contiguous: list[np.ndarray]) -> None:
    before = [a.tobytes() for a in inputs]
    for actual, expected in zip(results(inputs), results(contiguous)):
        assert type(actual) is np.ndarray
        assert actual.dtype.isnative
        assert_same_bits(actual, expected)
        assert not any(np.shares_memory(actual, a) for a in inputs)
    assert [a.tobytes() for a in inputs] == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("which", [[0], [1], [2], [3], [0, 1, 2, 3]])
def test_every_layout_gives_the_bits_of_the_contiguous_copy(layout, which, dtype):
    contiguous = arrays(dtype)
    inputs = [LAYOUTS[layout](a) if i in which else a for i, a in enumerate(contiguous)]
    for given_, meant in zip(inputs, contiguous):
        np.testing.assert_array_equal(given_, meant)
    check_layout(inputs, contiguous)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_broadcast_arrays_give_the_bits_of_their_copies(dtype):
    inputs = [np.broadcast_to(np.asarray(1 / 3, dtype), a.shape) for a in arrays(dtype)]
    check_layout(inputs, [a.copy() for a in inputs])


def test_a_memory_map_gives_the_bits_of_its_copy(tmp_path: Path):
    contiguous = arrays("float32")
    inputs = []
    for i, a in enumerate(contiguous):
        a.tofile(tmp_path / f"{i}")
        inputs.append(np.memmap(tmp_path / f"{i}", np.float32, "r", shape=a.shape))
    check_layout(inputs, contiguous)
