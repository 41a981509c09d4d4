"""Writing a file so that it holds either its old bytes or its new ones, whatever happens."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

_being_written: set[Path] = set()  # by this process


def atomic_write(path: str | os.PathLike[str], data: bytes | Iterable[bytes | memoryview]) -> None:
    """Replace the file `path` by one that holds `data`.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and get the name
    in one step; then the folder is flushed. If anything fails before that step, the old file stays;
    if the folder's flush fails, the new one is there but may not survive a power cut. In no case a
    temporary file stays. The mode is that of the old file, or what the umask gives to a new one.

    Args:
        path: The file; if it is a symbolic link, what it points to is replaced.
        data: The bytes, in one or several pieces.

    Raises:
        OSError: If anything cannot be written, or `path` is a folder, a device, a pipe; names it.
    """
    target = Path(os.path.realpath(path))
    pieces: Iterable[bytes | bytearray | memoryview]
    pieces = (data,) if isinstance(data, (bytes, bytearray, memoryview)) else data
    remove_leftovers(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    _being_written.add(temporary)
    try:
        _write(temporary, pieces, _mode_of(target))
        os.replace(temporary, target)
        flush_folder(target.parent)
    except OSError as error:
        raise type(error)(
            error.errno, f"cannot write {target}: {error.strerror}", str(path)
        ) from error
    finally:
        with contextlib.suppress(OSError):  # after success there is none
            os.unlink(temporary)
        _being_written.discard(temporary)


def _mode_of(target: Path) -> int | None:
    """Return the mode of a file that is there; raise OSError if it is none to be replaced."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):  # replacing /dev/null would harm everybody
        raise OSError(errno.EINVAL, "it is no regular file")
    return stat.S_IMODE(mode)


def _write(
    temporary: Path, pieces: Iterable[bytes | bytearray | memoryview], mode: int | None
) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)  # less the umask
    try:
        for piece in pieces:
            write_all(descriptor, piece)
        if mode is not None:
            os.chmod(temporary, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)  # may report what an earlier write could not


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write all bytes, of which one call of the system may take a part only."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(target: Path) -> None:
    """Remove temporary files of `target` that processes which no longer run have left behind."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.(\d+)-[0-9a-f]{{8}}\.tmp")
    try:
        names = os.listdir(target.parent)
    except OSError:
        return  # writing will say what is wrong with the folder
    for name in names:
        match = pattern.fullmatch(name)
        if match and not _in_use(target.with_name(name), int(match[1])):
            with contextlib.suppress(OSError):
                os.unlink(target.with_name(name))


def _in_use(temporary: Path, pid: int) -> bool:
    if pid == os.getpid():
        return temporary in _being_written
    try:
        os.kill(pid, 0)  # sends nothing, only asks
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it runs, as somebody else
    return True
