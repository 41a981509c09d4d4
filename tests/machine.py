"""What a test may vary about the machine: instruction set, threads; and how many cases it draws."""

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hypothesis import settings

from minicnn import _core

TARGETS: list[str] = _core.available_targets()
THREADS = (1, 2, 3, 4, 7)  # more than the cores of a small machine, and uneven shares
SCALE = float(os.environ.get("MINICNN_TEST_SCALE", "1"))


def kernels_of(algorithms: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs (step, instruction set): the definition is compiled once, the other steps for each."""
    return [
        (step, target)
        for step in algorithms
        for target in (["baseline"] if step == "direct" else TARGETS)
    ]


def scaled(count: int, most: int | None = None) -> int:
    """Return `count`, times MINICNN_TEST_SCALE: at least 1, and at most `most`, where more of them
    would find no more and take minutes."""
    wanted = max(1, round(count * SCALE))
    return wanted if most is None else min(wanted, most)


def cases(count: int, most: int | None = None) -> settings:
    """Decorator: draw `count` random cases, times MINICNN_TEST_SCALE, and at most `most`."""
    return settings(max_examples=scaled(count, most))


@contextmanager
def little_memory(more: int = 2**30) -> Iterator[None]:
    """Inside this block, the process can grow by 1 GiB: a huge result is a MemoryError anywhere."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def running_on(target: str) -> Iterator[None]:
    """Inside this block, kernels run on this instruction set."""
    before = _core.active_target()
    _core.set_target(target)
    try:
        yield
    finally:
        _core.set_target(before)


@contextmanager
def using_threads(threads: int) -> Iterator[None]:
    """Inside this block, kernels use this many threads."""
    before = _core.num_threads()
    _core.set_num_threads(threads)
    try:
        yield
    finally:
        _core.set_num_threads(before)
