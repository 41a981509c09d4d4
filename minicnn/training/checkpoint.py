"""Checkpoints of a run: one safetensors file each, which says itself whether it is whole.

The arrays are the file's tensors. Everything else, as JSON, is its metadata under one name, beside
the checksum of the whole file. So one atomic write saves all of a run, and any changed byte is
noticed.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import _checksum
from minicnn._atomic import atomic_write, remove_leftovers
from minicnn.errors import FormatError
from minicnn.serialization import storable
from minicnn.training._tree import pack, unpack
from minicnn.training.run_log import RunLog

KEY = "minicnn_checkpoint"  # of the metadata
VERSION = 1
KEPT = 2  # files of a folder
LOG = "run.jsonl"  # beside them


def save_checkpoint(state: Any, path: str | os.PathLike[str]) -> None:
    """Write a tree of arrays and plain values to one file, in one step.

    Args:
        state: Dictionaries, lists and tuples of None, booleans, numbers, strings, arrays, tensors.
        path: The file.

    Raises:
        TypeError: If there is anything else in it.
        OSError: If the file cannot be written; then the old one is still there.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "c.safetensors")
        >>> save_checkpoint({"step": 3, "betas": (0.9, 0.99), "mean": np.ones(2)}, path)
        >>> load_checkpoint(path)
        {'step': 3, 'betas': (0.9, 0.99), 'mean': array([1., 1.])}
    """
    from safetensors.numpy import save as to_bytes

    arrays: dict[str, np.ndarray] = {}
    packed = pack(state, "run", arrays)
    text = json.dumps({"version": VERSION, "state": packed}, allow_nan=False)
    stored = {name: storable("checkpoint", name, array) for name, array in arrays.items()}
    atomic_write(path, _checksum.sealed(to_bytes(stored), {KEY: text}))


def is_checkpoint(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as `save_checkpoint` writes it.

    Raises:
        OSError: If it cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(_checksum.DIGEST.stop + 40)
    return start[_checksum.DIGEST.stop :].startswith(f'", "{KEY}": '.encode())


def load_checkpoint(path: str | os.PathLike[str]) -> Any:
    """Return what `save_checkpoint` was given.

    Raises:
        FormatError: If the file is no checkpoint, or any of its bytes is not what was written.
        OSError: If it cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    data = Path(path).read_bytes()
    if not _checksum.verify(path, data):
        raise FormatError(path, "is not a checkpoint, or damaged: it has no checksum")
    length = int.from_bytes(data[:8], "little")
    try:
        content = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][KEY])
        if content["version"] != VERSION:
            raise ValueError(f"its version is {content['version']}, not {VERSION}")
        arrays = {name: np.array(array) for name, array in from_bytes(data).items()}
        return unpack(content["state"], arrays)
    except (SafetensorError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise FormatError(path, f"is no checkpoint that can be read: {error}") from error


class CheckpointFolder:
    """The checkpoints of one run, numbered by step, of which the last two are kept, and its log.

    Args:
        folder: Where they are; made at the first save.

    Attributes:
        log: The run's log, `run.jsonl` in the folder.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.log = RunLog(self.folder / LOG)

    def paths(self) -> list[Path]:
        """Return the files, the newest first."""
        found = [
            (int(match[1]), path)
            for path in (self.folder.iterdir() if self.folder.is_dir() else ())
            if (match := re.fullmatch(r"checkpoint-(\d+)\.safetensors", path.name))
        ]
        return [path for _, path in sorted(found, reverse=True)]

    def save(self, step: int, state: Any) -> Path:
        """Write the state of step `step` and return its file; then remove older ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"checkpoint-{step:08d}.safetensors"
        save_checkpoint(state, path)
        self.tidy(path)
        return path

    def tidy(self, path: Path) -> None:
        """Remove what is older than the file before `path`, and what killed processes left over.

        A newer file stays: `path` was loaded in its place because it is damaged, and will be
        written again.
        """
        paths = self.paths()
        for old in paths[paths.index(path) + KEPT :]:
            old.unlink(missing_ok=True)
        for name in os.listdir(self.folder):  # half-written files
            if match := re.fullmatch(r"\.(checkpoint-\d+\.safetensors)\..*\.tmp", name):
                remove_leftovers(self.folder / match[1])

    def load(self) -> Any:
        """Return the newest state that can be read, or None if nothing has been saved yet.

        Warns, raises: As `newest`.
        """
        found = self.newest()
        return None if found is None else found[1]

    def newest(self) -> tuple[Path, Any] | None:
        """Return the newest file that can be read and its state, or None if there is no file.

        Warns:
            RuntimeWarning: For each damaged file that had to be passed over.

        Raises:
            FormatError: If there are files, but none that can be read.
        """
        problem: FormatError | None = None
        for path in self.paths():
            try:
                return path, load_checkpoint(path)
            except FormatError as error:
                problem = error
                warnings.warn(f"{error}; trying the one before", RuntimeWarning, stacklevel=3)
        if problem is not None:
            raise problem
        return None
