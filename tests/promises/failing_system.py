"""A system whose calls fail when a test says so, as the real ones do on a full or broken disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CALLS = ("open", "read", "write", "lseek", "ftruncate", "chmod", "fsync", "replace", "close")
CALLS += ("unlink", "mkdir", "listdir")
TEXT = "the disk says no"


class System:
    """Watches calls of the module os.

    Attributes:
        seen: The calls so far: their names, with "folder" added if it is about one.
        failing: Number of the call that fails; None for none.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.failing: int | None = None
        self.full = False

    def replacement(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            number, what = len(self.seen), name
            if name == "fsync" and os.path.isdir(f"/proc/self/fd/{args[0]}"):
                what = "fsync folder"
            self.seen.append(what)
            if number != self.failing:
                return real(*args, **kwargs)
            if name == "close":  # the descriptor is gone even if closing reports an error
                real(*args)
            if name == "write" and not self.full:  # as much as there is room for, then no more
                self.failing, self.full = number + 1, True
                return real(args[0], args[1][: len(args[1]) // 2])
            path = args[0] if isinstance(args[0], (str, os.PathLike)) else None
            raise OSError(28, TEXT, path)

        return call


@contextmanager
def watched() -> Iterator[System]:
    """Inside this block, the module os is a `System`."""
    system = System()
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, system.replacement(name, getattr(os, name)))
        yield system
