"""Fetching a file from the first mirror that has it: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

CHUNK = 2**20


def fetch(name: str, folder: Path, mirrors: Sequence[str], sha256: str) -> Path:
    """Download a gzip'd file into `folder`, where it appears only once it is complete and right.

    Args:
        name: The file's name, which is added to each mirror's address.
        folder: Where it goes; made if need be.
        mirrors: Addresses, tried in order.
        sha256: Hash of what the file holds, unpacked.

    Raises:
        ImportError: If pooch is not installed.
        OSError: If no mirror had it; says what went wrong with each.
    """
    try:
        import pooch  # type: ignore[import-untyped]  # has no annotations
    except ImportError:
        raise ImportError(
            "downloading needs pooch: install minicnn-engine with the extra `download`, or install"
            " pooch"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
            part = Path(temporary) / name
            try:
                pooch.HTTPDownloader(timeout=30)(mirror + name, str(part), None)
                got = sha256_of_gzip(part)
                if got != sha256:
                    raise ValueError(f"its content has SHA-256 {got}, not {sha256}")
            except Exception as error:  # whatever a network or a broken server can do
                failures.append(f"{mirror}{name}: {error}")
                continue
            os.replace(part, folder / name)
            return folder / name
    raise OSError(f"{name} could not be downloaded:\n  " + "\n  ".join(failures))


def sha256_of_gzip(path: Path) -> str:
    """Return the SHA-256 of what a gzip file holds, unpacking it piece by piece."""
    unpacker, digest = zlib.decompressobj(wbits=31), hashlib.sha256()
    with open(path, "rb") as file:
        while not unpacker.eof:
            chunk = unpacker.unconsumed_tail or file.read(CHUNK)
            if not chunk:
                raise ValueError("the gzip stream is cut off")
            digest.update(unpacker.decompress(chunk, CHUNK))
    return digest.hexdigest()
