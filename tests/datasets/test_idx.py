"""The IDX reader: right files are read as NumPy reads them, wrong ones raise FormatError, fast."""

from __future__ import annotations

import contextlib
import gzip
import math
import pickle
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import FormatError
from minicnn.datasets import read_idx
from tests.machine import cases

CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx_bytes(array: np.ndarray) -> bytes:
    """Write what the format's description says, with struct."""
    header = bytes([0, 0, CODES[array.dtype.name], array.ndim])
    header += b"".join(struct.pack(">I", n) for n in array.shape)
    letter = dict(uint8="B", int8="b", int16="h", int32="i", float32="f", float64="d")
    return header + struct.pack(f">{array.size}{letter[array.dtype.name]}", *array.ravel().tolist())


def header_of(code: int, *shape: int) -> bytes:
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


idx_arrays = st.sampled_from(list(CODES)).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5),
        elements=dict(allow_nan=False) if dtype.startswith("float") else None,
    )
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx") / "some-idx3-ubyte"


@given(idx_arrays, st.booleans())
@cases(100)
def test_reads_what_the_format_says(path: Path, array: np.ndarray, packed: bool) -> None:
    data = idx_bytes(array)
    path.write_bytes(gzip.compress(data) if packed else data)
    got = read_idx(path)
    assert got.dtype == array.dtype
    assert got.dtype.isnative
    assert got.flags.writeable
    np.testing.assert_array_equal(got, array)


GOOD = idx_bytes(np.arange(24, dtype=np.int16).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("data", "offset", "problem"),
    [
        (b"", 0, "ends within the first 4 bytes, got 0"),
        (GOOD[:3], 3, "ends within the first 4 bytes, got 3"),
        (b"PK\3\4", 0, "the first two bytes must be 0, got 80 75"),
        (b"\0\0\7\1" + GOOD[4:], 2, "the type must be one of 0x08.* got 0x07"),
        (b"\0\0\x08\0", 3, "the number of axes must be 1 to 32, got 0"),
        (b"\0\0\x08\xff" + b"\0" * 2000, 3, "the number of axes must be 1 to 32, got 255"),
        (GOOD[:10], 10, "ends within the sizes of its 3 axes"),
        (GOOD[:-1], 4, r"shape \(2, 3, 4\) of int16 needs 48 bytes .* file has only 63 bytes"),
        (GOOD + b"x", 64, "goes on after the 48 bytes of values"),
        (header_of(8, 2**16, 2**16), 4, "is 4294967296 bytes, more than 1073741824"),
        (header_of(8, 0, 2**32 - 1, 2**32 - 1), 4, "is too large"),
        (header_of(8, 2**20), 4, "needs 1048576 bytes"),
        (gzip.compress(GOOD)[:30], 30, "the gzip stream is cut off"),
        (gzip.compress(GOOD)[:-3], None, "the gzip stream is cut off"),
        (gzip.compress(GOOD[:-1]), 63, "ends after 47 bytes of values"),
        (gzip.compress(GOOD + b"x"), 64, "goes on after the 48 bytes"),
        (gzip.compress(GOOD) + b"x", None, "something follows the gzip stream"),
        (gzip.compress(GOOD) * 2, None, "something follows the gzip stream"),
        (gzip.compress(GOOD)[:-8] + b"\0" * 8, None, "corrupt: .*incorrect data check"),
        (b"\x1f\x8b\x08\xff" + b"a" * 50, None, "cut off|corrupt"),
    ],
)
def test_wrong_files_are_named_with_place_and_reason(
    path: Path, data: bytes, offset: int | None, problem: str
) -> None:
    path.write_bytes(data)
    with pytest.raises(FormatError, match=problem) as caught:
        read_idx(path)
    error = caught.value
    assert error.path == str(path)
    assert str(error).startswith(f"{path}: at byte {error.offset}: ")
    assert 0 <= error.offset <= len(data) + 64
    if offset is not None:
        assert error.offset == offset
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_budget_can_be_chosen(path: Path) -> None:
    path.write_bytes(GOOD)
    assert read_idx(path, max_bytes=48).size == 24
    with pytest.raises(FormatError, match="is 48 bytes, more than 47"):
        read_idx(path, max_bytes=47)


def test_a_missing_file_is_no_format_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none")


def test_a_gzip_bomb_is_not_unpacked_beyond_the_headers_count(path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(header_of(8, 1000))
    for _ in range(256):  # a million zeros each
        packed += packer.compress(bytes(2**20))
    path.write_bytes(packed + packer.flush())
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(FormatError, match="goes on after the 1000 bytes"):
        read_idx(path)
    seconds = time.perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    assert seconds < 1


def test_a_header_cannot_ask_for_more_than_its_file_could_hold(path: Path) -> None:
    for data in (header_of(8, 2**29), gzip.compress(header_of(8, 2**29))):
        path.write_bytes(data)
        tracemalloc.start()
        with pytest.raises(FormatError, match="the file has only"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2**20


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A right file, plain or packed, with bytes changed, cut out or added."""
    data = bytearray(idx_bytes(draw(idx_arrays)))
    packed = draw(st.booleans())
    when_packed = packed and draw(st.booleans())
    if when_packed:
        data = bytearray(gzip.compress(bytes(data), mtime=0))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(["set", "insert", "cut"]))
        if change == "insert":
            data[place:place] = draw(st.binary(max_size=8))
        elif change == "cut":
            del data[place : place + draw(st.integers(1, 20))]
        elif place < len(data):
            data[place] = draw(st.one_of(st.integers(0, 255), st.sampled_from([0, 8, 255])))
    return gzip.compress(bytes(data), mtime=0) if packed and not when_packed else bytes(data)


@given(st.one_of(mutated(), st.binary(max_size=80), st.binary(max_size=60).map(gzip.compress)))
@example(b"\0\0\x08\x21" + b"\0\0\0\1" * 33 + b"\1")
@example(header_of(14, 0, 2**31, 2**31))
@settings(max_examples=1500, deadline=2000)
def test_any_bytes_give_an_array_or_a_format_error(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with contextlib.suppress(FormatError):
        array = read_idx(path)
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert math.prod(array.shape) * array.itemsize + 4 + 4 * array.ndim == len(plain)
