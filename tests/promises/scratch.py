"""A file that gets other bytes ten thousand times."""

from __future__ import annotations

import os
from pathlib import Path


def overwrite(path: Path, data: bytes) -> None:
    """Let the file hold these bytes.

    Not `write_bytes`: some file systems take a file that is emptied and written anew for a careless
    replacement, and flush it to the disk each time, which takes milliseconds.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)
