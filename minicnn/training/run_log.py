"""The log of a run: a line of JSON for each thing that happened, only ever added to.

A process that is killed while it writes leaves a torn last line. It tells nothing: readers pass
over it, and the next record takes its place.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from minicnn._atomic import flush_folder, write_all
from minicnn.errors import FormatError
from minicnn.tensor import Tensor
from minicnn.training._tree import pack, unpack

CHUNK = 2**12


class RunLog:
    """A log that one process at a time adds to.

    Args:
        path: The file; made, with its folder, at the first record.

    Example:
        >>> import os, tempfile
        >>> log = RunLog(os.path.join(tempfile.mkdtemp(), "run.jsonl"))
        >>> log.write("epoch", epoch=1, loss=0.5)
        >>> read_log(log.path)
        [{'event': 'epoch', 'epoch': 1, 'loss': 0.5}]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def write(self, event: str, **values: Any) -> None:
        """Add a record and flush it to the disk; if that fails, the log is as it was.

        Args:
            event: What happened.
            values: More of it: plain values, arrays (which become lists), lists and dictionaries.

        Raises:
            TypeError: If there is anything else in it.
            OSError: If it cannot be written; names the file.
        """
        record = pack(_listed({"event": event, **values}), "log", {})
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                end = _end_of_lines(descriptor)
                _append(descriptor, end, line)
            finally:
                os.close(descriptor)
            if end == 0:  # it may be new
                flush_folder(self.path.parent)
        except OSError as error:
            raise type(error)(
                error.errno, f"cannot write {self.path}: {error.strerror}", str(self.path)
            ) from error


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the records of a log, each a dictionary with an "event"; a torn last one is left out.

    Raises:
        FormatError: If a line is no record.
        OSError: If the file cannot be read.
    """
    data = Path(path).read_bytes()
    records, begin = [], 0
    for line in data.split(b"\n")[:-1]:
        try:
            record = unpack(json.loads(line), {})
            if not isinstance(record, dict) or not isinstance(record.get("event"), str):
                raise ValueError('it has no "event"')
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise FormatError(path, f"the line is no record of a log: {error}", begin) from error
        records.append(record)
        begin += len(line) + 1
    return records


def _append(descriptor: int, end: int, line: bytes) -> None:
    """Put a line behind the last whole one, or nothing."""
    try:
        os.ftruncate(descriptor, end)
        os.lseek(descriptor, end, os.SEEK_SET)
        write_all(descriptor, line)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise


def _end_of_lines(descriptor: int) -> int:
    """Return how many bytes the file has up to its last line break."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end:
        begin = max(0, end - CHUNK)
        os.lseek(descriptor, begin, os.SEEK_SET)
        found = os.read(descriptor, end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _listed(value: Any) -> Any:
    """Return a tree with lists and Python numbers in the place of arrays and NumPy's."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return np.asarray(value).tolist()
    if isinstance(value, dict):
        return {key: _listed(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(part) for part in value]
    return value
