"""What this machine can do at most: the two limits that an operation's speed is set against."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from minicnn import _core

COPY_BYTES = 64 * 2**20  # more than caches hold


class Roof(NamedTuple):
    """The limits of a machine.

    Attributes:
        gflops: 10^9 floating-point operations in a second, a multiply-add counted as two.
        gb_per_s: 10^9 bytes read and written in a second, from and to memory outside the caches.
    """

    gflops: float
    gb_per_s: float

    def seconds(self, flops: float, size: float) -> float:
        """Return the least time that `flops` operations on `size` bytes can take.

        Source: Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009.
        """
        return max(1e-9 * flops / self.gflops, 1e-9 * size / self.gb_per_s)


def measure_roof(threads: int | None = None) -> Roof:
    """Measure this machine's limits, which takes about half a second.

    The peak is that of a loop of nothing but multiply-adds on one core, times the threads (cores
    that share a power budget may not reach it). The bandwidth is that of as many threads copying an
    array of 64 MiB, the best of some copies.

    Args:
        threads: How many threads; if left out, as many as the kernels may use.

    Example:
        >>> measure_roof(threads=1).gflops > 1
        True
    """
    threads = _core.num_threads() if threads is None else threads
    return Roof(_core.fma_peak_gflops() * threads, copy_bandwidth(threads))


def copy_bandwidth(threads: int, copies: int = 60) -> float:
    """Return GB/s, bytes read and written, of the best of some copies by this many threads."""
    from concurrent.futures import ThreadPoolExecutor  # `import minicnn` does not wait for it

    source = np.ones(COPY_BYTES // 4, np.float32)
    target = np.empty_like(source)
    pieces = list(zip(np.array_split(target, threads), np.array_split(source, threads)))
    with ThreadPoolExecutor(threads) as pool:  # np.copyto releases the GIL

        def copy() -> float:
            start = time.perf_counter()
            list(pool.map(lambda piece: np.copyto(*piece), pieces))
            return time.perf_counter() - start

        copy()  # the first touches fresh pages
        best = min(copy() for _ in range(copies))
    return 2e-9 * COPY_BYTES / best
