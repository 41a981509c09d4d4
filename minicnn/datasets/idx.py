"""The IDX format of the MNIST files, plain or gzip'd, read without trust in what the file says.

An IDX file is: two zero bytes; a byte that names the type; a byte d, the number of axes; d sizes of
four bytes, big-endian; then the values in C order, big-endian.

Source: the description under "FILE FORMATS FOR THE MNIST DATABASE" at yann.lecun.com/exdb/mnist.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from typing import Any, BinaryIO

import numpy as np

from minicnn.errors import FormatError

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
MAX_AXES = 32  # as many as every NumPy can have
MAX_BYTES = 2**30
CHUNK = 2**16
GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_LIMIT = 1032  # no deflate stream unpacks to more bytes for each of its own (zlib's manual)


def read_idx(path: str | os.PathLike[str], max_bytes: int = MAX_BYTES) -> np.ndarray:
    """Return the array that an IDX file holds, in this machine's byte order.

    Time and memory are bounded by what the header promises, and that by the bytes that are there: a
    gzip stream is not unpacked beyond the promised end.

    Args:
        path: The file; whether it is gzip'd is seen from its first bytes.
        max_bytes: The most bytes of values to accept.

    Raises:
        FormatError: If the file is corrupt or holds more than `max_bytes`.
        OSError: If it cannot be opened or read.

    Example:
        >>> read_idx("train-labels-idx1-ubyte.gz").shape  # doctest: +SKIP
        (60000,)
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        source = _Gzip(path, file) if packed else _Plain(file)
        dtype, shape = _read_header(path, source)
        n_header = 4 + 4 * len(shape)
        n_bytes = math.prod(shape) * dtype.itemsize
        if n_bytes > max_bytes:
            raise FormatError(
                path, f"shape {shape} of {dtype.name} is {n_bytes} bytes, more than {max_bytes}", 4
            )
        if n_header + n_bytes > size * (DEFLATE_LIMIT if packed else 1):
            raise FormatError(
                path,
                f"shape {shape} of {dtype.name} needs {n_bytes} bytes after the header's"
                f" {n_header}, but the file has only {size} bytes{' (gzip)' if packed else ''}",
                4,
            )
        values = source.read(n_bytes)
        if len(values) < n_bytes:
            raise FormatError(
                path,
                f"ends after {len(values)} bytes of values; shape {shape} of {dtype.name} needs"
                f" {n_bytes}",
                n_header + len(values),
            )
        if source.read(1):
            raise FormatError(
                path,
                f"goes on after the {n_bytes} bytes of values of shape {shape}",
                n_header + n_bytes,
            )
    return np.frombuffer(values, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def _read_header(
    path: str | os.PathLike[str], source: _Plain | _Gzip
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = source.read(4)
    if len(magic) < 4:
        raise FormatError(path, f"ends within the first 4 bytes, got {len(magic)}", len(magic))
    if magic[:2] != b"\0\0":
        raise FormatError(path, f"the first two bytes must be 0, got {magic[0]} {magic[1]}", 0)
    if magic[2] not in TYPES:
        known = ", ".join(f"0x{code:02x}" for code in TYPES)
        raise FormatError(path, f"the type must be one of {known}, got 0x{magic[2]:02x}", 2)
    n_axes = magic[3]
    if not 1 <= n_axes <= MAX_AXES:
        raise FormatError(path, f"the number of axes must be 1 to {MAX_AXES}, got {n_axes}", 3)
    sizes = source.read(4 * n_axes)
    if len(sizes) < 4 * n_axes:
        raise FormatError(path, f"ends within the sizes of its {n_axes} axes", 4 + len(sizes))
    shape = struct.unpack(f">{n_axes}I", sizes)
    if math.prod(n for n in shape if n) >= 2**59:  # what NumPy refuses, even if another size is 0
        raise FormatError(path, f"shape {shape} is too large", 4)
    return TYPES[magic[2]], shape


class _Plain:
    """Reads from a file as it is."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, n: int) -> bytes:
        return self.file.read(n)


class _Gzip:
    """Reads what a gzip file holds; `read(n)` unpacks n bytes and no more."""

    def __init__(self, path: str | os.PathLike[str], file: BinaryIO) -> None:
        self.path, self.file = path, file
        self.unpacker = zlib.decompressobj(
            wbits=31
        )  # 31: a gzip header, and its checksum is verified
        self.waiting = b""  # packed bytes that were read from the file and not yet used

    def read(self, n: int) -> bytes | bytearray:
        out = bytearray()
        while len(out) < n and not self.unpacker.eof:
            chunk = self.waiting or self.file.read(CHUNK)
            if not chunk:
                raise FormatError(self.path, "the gzip stream is cut off", self.file.tell())
            try:
                out += self.unpacker.decompress(chunk, n - len(out))
            except zlib.error as error:
                raise FormatError(
                    self.path, f"the gzip stream is corrupt: {error}", self.file.tell() - len(chunk)
                ) from None
            self.waiting = self.unpacker.unconsumed_tail
        if self.unpacker.eof and (self.unpacker.unused_data or self.file.read(1)):
            place = self.file.tell() - max(1, len(self.unpacker.unused_data))
            raise FormatError(self.path, "something follows the gzip stream", place)
        return out
