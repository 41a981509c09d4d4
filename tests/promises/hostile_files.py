"""Files that nobody wrote: right ones with bytes changed, and what reads them.

Case NUMBER of format NAME is the same bytes every time:

    python -m tests.promises.hostile_files NAME NUMBER

reads it and prints what came of it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import re
import struct
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

import minicnn
from minicnn import nn
from minicnn.datasets import read_idx
from minicnn.datasets.cifar import read_cifar
from minicnn.datasets.folder import read_image
from minicnn.training import History, RunLog, load_checkpoint, save_checkpoint
from tests.promises.hostile_onnx import changed_graph
from tests.promises.scratch import overwrite

Change = Callable[[bytes, random.Random], bytes]


class Format(NamedTuple):
    """A kind of file.

    Attributes:
        samples: Makes right files.
        read: Reads one, and returns the bytes of memory that its result takes.
        memory: Bytes that reading may take at most for each byte of the file,
        own: and for none: buffers, texts of errors, modules; and pictures of 2**20 pixels.
        after: What makes a changed file pass the first check: a new checksum, packing.
        whole: Changes it as what it stands for, not as bytes.
    """

    samples: Callable[[], list[bytes]]
    read: Callable[[Path], int]
    memory: int
    after: Callable[[bytes], bytes] | None = None
    whole: Change | None = None
    own: int = 2**20


# -- changes --------------------------------------------------------------------------------------

NUMBERS = [0, 1, 127, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1]
NUMBERS += [2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


def changed(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four changes."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(CHANGES)(data, rng)
    return data


def flip(data: bytes, rng: random.Random) -> bytes:
    place, out = rng.randrange(len(data) + 1), bytearray(data)
    out[place : place + 1] = bytes([b ^ 1 << rng.randrange(8) for b in out[place : place + 1]])
    return bytes(out)


def put(data: bytes, rng: random.Random) -> bytes:
    """A number where formats have them, most often near the beginning."""
    number = rng.choice(NUMBERS)
    size = rng.choice([n for n in (1, 2, 4, 8) if number < 256**n])
    place = rng.randrange(min(len(data), rng.choice((16, 2**30))) + 1)
    return (
        data[:place] + number.to_bytes(size, rng.choice(("little", "big"))) + data[place + size :]
    )


def put_digits(data: bytes, rng: random.Random) -> bytes:
    """The same for numbers that are written in digits."""
    found = list(re.finditer(rb"\d+", data[:2000]))
    if not found:
        return flip(data, rng)
    begin, end = rng.choice(found).span()
    number = rng.choice((*NUMBERS, -1, 10**400, 0.5))
    return data[:begin] + str(number).encode() + data[end:]


def cut(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data) + 1)
    return data[:begin] + data[begin + rng.choice((1, 2, 8, 40, 2**30)) :]


def insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    text = rng.choice((b"\0", b"\n", b"{", b'"', b"[" * 2000, b"null", rng.randbytes(9)))
    return data[:place] + text + data[place:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    begin, place = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    return data[:place] + data[begin : begin + rng.randrange(200)] + data[place:]


def anything(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(9)] + rng.randbytes(rng.randrange(300))


CHANGES: list[Change] = [flip, flip, put, put, put_digits, cut, insert, repeat]


# -- right files ----------------------------------------------------------------------------------


def made_by(write: Callable[[Path], Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "file")
        return (Path(folder) / "file").read_bytes()


def idx_samples() -> list[bytes]:
    images = bytes([0, 0, 8, 3]) + struct.pack(">3I", 5, 4, 3) + bytes(range(60))
    reals = bytes([0, 0, 13, 2]) + struct.pack(">2I6f", 2, 3, *range(6))
    return [images, reals, bytes([0, 0, 8, 1]) + struct.pack(">I", 3) + b"\1\2\3"]


def cifar_samples() -> list[bytes]:
    return [bytes([3]) + bytes(3072) + bytes([9]) + bytes(range(256)) * 12]


def safetensors_samples() -> list[bytes]:
    state = {"w": np.ones((2, 3), np.float32), "n": np.array(3), "e": np.zeros((0, 4))}
    return [
        made_by(lambda path: minicnn.save(state, path, {"epoch": "3"})),
        made_by(lambda path: minicnn.save({}, path)),
        safetensors.numpy.save(state, {"epoch": "3"}),  # without a checksum
    ]


def changed_header(data: bytes, rng: random.Random) -> bytes:
    """A header of the right length around numbers that are not right."""
    length = int.from_bytes(data[:8], "little")
    header = put_digits(data[8 : 8 + length], rng) if length else b"{}"
    if rng.random() < 0.5:
        sizes = [rng.choice((0, 1, 2, *NUMBERS)) for _ in range(rng.choice((1, 2, 70)))]
        header = re.sub(rb"\[2,3\]", str(sizes).encode(), header)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def checkpoint_samples() -> list[bytes]:
    state = {"step": 3, "w": np.ones(3), "deep": [(0.5, {1: "x", "y": None})], "inf": float("inf")}
    return [made_by(lambda path: save_checkpoint(state, path))]


def log_samples() -> list[bytes]:
    def write(path: Path) -> None:
        log = RunLog(path)
        log.write("begin", epochs_done=0, step=0)
        log.write("epoch", epoch=1, loss=0.5, matrix=np.eye(2), step=9)
        log.write("resume", epochs_done=1, step=9)
        log.write("epoch", epoch=2, loss=float("nan"), step=12)

    return [made_by(write)]


def onnx_samples() -> list[bytes]:
    model = nn.Sequential(
        *(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(8, 2), nn.Softmax(1)),
    )
    return [made_by(lambda path: minicnn.onnx.export(model, (1, 4, 4), path))]


def image_samples() -> list[bytes]:
    from PIL import Image

    image = Image.fromarray(np.arange(12 * 9 * 3, dtype=np.uint8).reshape(12, 9, 3))
    kinds = ["png", "jpeg", "bmp", "ppm", "tiff", "webp", "gif"]
    files = {kind: io.BytesIO() for kind in kinds}
    for kind, file in files.items():
        image.save(file, kind)
    return [file.getvalue() for file in files.values()]


# -- readers --------------------------------------------------------------------------------------


def size_of_log(path: Path) -> int:
    return sum(len(record) for record in History.read(path))


def size_of_checkpoint(path: Path) -> int:
    load_checkpoint(path)
    return 0


def size_of_state(tensors: dict[str, Any]) -> int:
    return sum(tensor.data.nbytes for tensor in tensors.values())


def signed(data: bytes) -> bytes:
    """Return a file with the checksum of its changed bytes, if it has a place for it."""
    found = re.search(rb"sha256\W+([0-9a-f]{64})", data)
    if found is None:
        return data
    begin, end = found.span(1)
    digest = hashlib.sha256(data[:begin] + b"0" * 64 + data[end:]).hexdigest().encode()
    return data[:begin] + digest + data[end:]


FORMATS = {
    "idx": Format(idx_samples, lambda path: read_idx(path).nbytes, 4),
    "idx.gz": Format(
        lambda: [gzip.compress(data, mtime=0) for data in idx_samples()],
        lambda path: read_idx(path).nbytes,
        4000,  # deflate packs a thousand zeros into a byte
        after=lambda data: data if data[:2] == b"\x1f\x8b" else gzip.compress(data, mtime=0),
        whole=lambda data, rng: gzip.compress(changed(gzip.decompress(data), rng), mtime=0),
    ),
    "cifar": Format(cifar_samples, lambda path: sum(a.nbytes for a in read_cifar(path)), 16),
    "safetensors": Format(
        safetensors_samples,
        lambda path: size_of_state(minicnn.load(path)),
        200,
        after=signed,
        whole=lambda data, rng: signed(changed_header(data, rng)),
    ),
    "checkpoint": Format(
        checkpoint_samples,
        size_of_checkpoint,
        200,
        after=signed,
        whole=lambda data, rng: signed(changed_header(data, rng)),
    ),
    "log": Format(log_samples, size_of_log, 200),
    "onnx": Format(
        onnx_samples,
        lambda path: size_of_state(minicnn.onnx.load(path).state_dict()),
        1000,
        whole=changed_graph,
    ),
    "image": Format(  # twice three bytes for each of a deflated byte's 8,256 pixels
        image_samples,
        lambda path: read_image(path).nbytes,
        memory=50_000,
        own=7 * 2**20,
    ),
}


@cache
def samples(name: str) -> list[bytes]:
    return FORMATS[name].samples()


def case(name: str, number: int) -> bytes:
    """Return the bytes of a case."""
    rng = random.Random(f"{name} {number}")
    kind, data = FORMATS[name], rng.choice(samples(name))
    if rng.random() < 0.03:
        return anything(data, rng)
    if kind.whole is not None and rng.random() < 0.5:
        return kind.whole(data, rng)
    data = changed(data, rng)
    return kind.after(data) if kind.after is not None and rng.random() < 0.7 else data


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        content = case(sys.argv[1], int(sys.argv[2]))
        print(content)
        overwrite(Path(folder) / "file", content)
        print(FORMATS[sys.argv[1]].read(Path(folder) / "file"), "bytes")
