"""The exceptions that are more than a ValueError or a TypeError with a good text."""

from __future__ import annotations

import os


class FormatError(ValueError):
    """A file does not hold what its format demands.

    Args:
        path: The file.
        problem: What is wrong: what was expected and what was found.
        offset: Bytes from the file's beginning to the place (in an unpacked gzip stream: from the
            beginning of what was unpacked); None if the place is not known.

    Example:
        >>> print(FormatError("labels.idx", "the first two bytes must be 0, got 31 139", 0))
        labels.idx: at byte 0: the first two bytes must be 0, got 31 139
    """

    def __init__(
        self, path: str | os.PathLike[str], problem: str, offset: int | None = None
    ) -> None:
        super().__init__(path, problem, offset)  # all three, so that the error survives pickling
        self.path = os.fspath(path)
        self.problem = problem
        self.offset = offset

    def __str__(self) -> str:
        place = "" if self.offset is None else f" at byte {self.offset}:"
        return f"{self.path}:{place} {self.problem}"


class WidthError(ValueError):
    """A linear layer met another number of features than its own.

    Args:
        problem: The text: both widths, and what would fit.
        expected: The width that the layer has.
    """

    def __init__(self, problem: str, expected: int) -> None:
        super().__init__(problem)  # modules add to args which layers led to it
        self.problem, self.expected = problem, expected


class StateDictError(RuntimeError, ValueError):
    """A state_dict does not fit the module it was to be loaded into (torch raises RuntimeError)."""


class DataLoaderError(RuntimeError):
    """A sample could not be loaded; `__cause__` is the dataset's own error with its traceback."""
