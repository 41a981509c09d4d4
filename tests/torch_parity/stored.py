"""Writes what PyTorch computes into vectors.npz, for tests that need no torch.

    python -m tests.torch_parity.stored

Needs torch 2.13.0 (`make test-torch` makes an environment that has it). Inputs are not stored:
tests/torch_parity/draw.py draws the same ones everywhere; each sample's results carry a checksum
of its inputs, so that a sampler that has changed is told from a wrong result.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.torch_parity.draw import SAMPLERS, Buffer, Draw
from tests.torch_parity.networks import OPTIMIZERS, trained
from tests.torch_parity.run import Results, results

PATH = Path(__file__).with_name("vectors.npz")
SEEDS_OF_AN_OP = range(1000, 1004)
SEEDS_OF_NETWORKS = range(2000, 2003)


def entries() -> list[tuple[str, int]]:
    """Return what is stored: an operation or an optimizer, and the seed of its sample."""
    ops = [(name, seed) for name in sorted(SAMPLERS) for seed in SEEDS_OF_AN_OP]
    return ops + [(f"optim.{name}", seed) for name in OPTIMIZERS for seed in SEEDS_OF_NETWORKS]


def computed(library: Any, name: str, seed: int) -> Results:
    """Return all results of one entry in one library."""
    if name.startswith("optim."):
        return trained(library, seed, name.removeprefix("optim."))
    return results(library, name, seed)


def checksum(name: str, seed: int) -> np.ndarray:
    """Return a number that changes with the inputs of an operation."""
    total = 0
    if name in SAMPLERS:
        args, settings = SAMPLERS[name](Draw(seed))
        for array in arrays((args, sorted(settings.items()))):
            total = zlib.crc32(array.tobytes() + str(array.shape).encode(), total)
    return np.array(total, np.uint32)


def arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, Buffer):
        yield value.array
    elif isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays(item)
    else:
        yield np.frombuffer(repr(value).encode(), np.uint8)


def load() -> dict[tuple[str, int], Results]:
    """Return the stored results of each entry, its checksum under the name "inputs"."""
    found: dict[tuple[str, int], Results] = {}
    with np.load(PATH, allow_pickle=False) as stored:
        flat, index = stored["values"], stored["index"].tobytes().decode().splitlines()
    start = 0
    for line in index:
        name, seed, key, dtype, sizes = line.split("\t")
        shape = tuple(int(size) for size in sizes.split(",") if size)
        stop = start + int(np.prod(shape))
        part = flat[start:stop].reshape(shape).astype(dtype)
        found.setdefault((name, int(seed)), {})[key] = part
        start = stop
    assert start == len(flat)
    return found


def write() -> None:
    """Compute everything with torch and store it: all numbers in one array, and an index."""
    from tests.torch_parity.torch_library import Torch

    lines, values = [], []
    for name, seed in entries():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = computed(Torch(), name, seed)
        for key, array in {**expected, "inputs": checksum(name, seed)}.items():
            sizes = ",".join(str(size) for size in array.shape)
            lines.append(f"{name}\t{seed}\t{key}\t{array.dtype}\t{sizes}")
            values.append(array.astype(np.float64).ravel())  # integers here are below 2**53
    parts = {
        "values": np.concatenate(values),
        "index": np.frombuffer("\n".join(lines).encode(), np.uint8),
    }
    with zipfile.ZipFile(PATH, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in parts.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            # a fixed date: the same results give the same file
            info = zipfile.ZipInfo(f"{name}.npy", (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, buffer.getvalue())


if __name__ == "__main__":
    write()
