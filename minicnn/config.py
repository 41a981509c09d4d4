"""What this build is and how it runs: version, compiler, instruction set, threads."""

from __future__ import annotations

from minicnn import _core
from minicnn._checks import integer


def get_num_threads() -> int:
    """Return how many threads a kernel may use (at first: the cores this process may use)."""
    return _core.num_threads()


def set_num_threads(threads: int) -> None:
    """Let each kernel use at most this many threads. Results do not depend on it, to the bit.

    Raises:
        ValueError: If `threads` is not between 1 and 256.
        TypeError: If it is not an int.
    """
    _core.set_num_threads(integer("set_num_threads", "threads", threads))


def config() -> dict[str, str | int]:
    """Return what `show_config` prints, as a dictionary."""
    import numpy as np

    return {
        "minicnn": _core.__version__,
        "numpy": np.__version__,
        "compiler": _core.COMPILER,
        "flags": _core.FLAGS,
        "instruction set": _core.active_target(),
        "available instruction sets": ", ".join(_core.available_targets()),
        "threads": _core.num_threads(),
    }


def show_config() -> None:
    """Print version, compiler, flags, the instruction set in use and the number of threads."""
    for name, value in config().items():
        print(f"{name:>27}: {value}")
