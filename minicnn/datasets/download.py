"""Fetching files from the first mirror that has them: whole and checked, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

CHUNK = 2**20


def fetch(
    name: str, folder: Path, mirrors: Sequence[str], sha256: str, packed: bool = False
) -> Path:
    """Download a gzip'd file into `folder`, where it appears only once it is complete and right.

    Args:
        name: The file's name, which is added to each mirror's address.
        folder: Where it goes; made if need be.
        mirrors: Addresses, tried in order.
        sha256: Hash of what the file holds, unpacked.
        packed: Whether it is the hash of the file as it is instead.

    Raises:
        ImportError: If pooch is not installed.
        OSError: If no mirror had it; says what went wrong with each.
    """
    digest = sha256_of_file if packed else sha256_of_gzip
    with downloaded(name, folder, mirrors, sha256, digest) as part:
        os.replace(part, folder / name)
    return folder / name


def fetch_archive(
    name: str, folder: Path, mirrors: Sequence[str], sha256: str, members: Sequence[str]
) -> None:
    """Download a tar archive and put some of its files into `folder`; the archive is not kept.

    Args:
        name, folder, mirrors: As of `fetch`.
        sha256: Hash of the archive.
        members: Names of the files in the archive, such as "below/file": they go to folder / below.

    Raises:
        ImportError: If pooch is not installed.
        OSError: If no mirror had it, or the archive lacks one of the files.
    """
    with downloaded(name, folder, mirrors, sha256, sha256_of_file) as part:
        unpacked: dict[str, Path] = {}
        with tarfile.open(part) as archive:
            for info in archive:
                source = archive.extractfile(info) if info.name in members else None
                if source is not None:  # it is a regular file, or a link to one in the archive
                    path = part.with_name(f"{len(unpacked)}.unpacked")
                    with source, open(path, "wb") as target:
                        shutil.copyfileobj(source, target)
                    unpacked[info.name] = path
        missing = [member for member in members if member not in unpacked]
        if missing:
            raise OSError(f"{name} does not hold {', '.join(missing)}")
        for member, path in unpacked.items():
            (folder / member).parent.mkdir(exist_ok=True)
            os.replace(path, folder / member)


@contextlib.contextmanager
def downloaded(
    name: str,
    folder: Path,
    mirrors: Sequence[str],
    sha256: str,
    digest: Callable[[Path], str],
) -> Iterator[Path]:
    """Yield the path of a checked file in a folder below `folder`, which goes away afterwards."""
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
                got = digest(part)
                if got != sha256:
                    raise ValueError(f"its content has SHA-256 {got}, not {sha256}")
            except Exception as error:  # whatever a network or a broken server can do
                failures.append(f"{mirror}{name}: {error}")
                continue
            yield part
            return
    raise OSError(f"{name} could not be downloaded:\n  " + "\n  ".join(failures))


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, reading it piece by piece."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


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
