"""What a reader of a figure must know: processor, versions, commit, threads, peak."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import minicnn
from minicnn import _core
from minicnn.config import config

ROOT = Path(__file__).resolve().parent.parent


def processor() -> str:
    """Return the processor's name as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    """Return the source's commit, with a + if files differ from it; "unknown" outside a clone."""
    git = ["git", "-C", str(ROOT)]
    try:
        found = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True
        )
        if found.returncode:
            return "unknown"
        changes = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() + ("+" if changes.returncode else "")


def blas() -> str:
    """Return which BLAS NumPy runs, and for which processor, if threadpoolctl is there to ask."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "not known (threadpoolctl is not installed)"
    pools = [p for p in threadpool_info() if p.get("user_api") == "blas"]
    return "; ".join(
        f"{p['internal_api']} {p['version']}, {p.get('architecture', '?')} kernels,"
        f" {p['num_threads']} threads"
        for p in pools
    )


def about() -> dict[str, Any]:
    """Return everything a reader needs to judge the figures."""
    return {
        **config(),
        "processor": processor(),
        "cores this process may use": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy's BLAS": blas(),
        "commit": commit(),
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "FMA peak of one core, GFLOP/s": round(_core.fma_peak_gflops(), 1),
    }


class OtherLoad:
    """How busy other processes kept the machine since this object was made: figures' weather."""

    def __init__(self) -> None:
        self.start = self._now()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Return seconds: of the clock, of all work, of this process and its children."""
        own = sum(os.times()[:4])
        try:
            line = Path("/proc/stat").read_text().split("\n", 1)[0].split()
        except OSError:
            return time.monotonic(), own, own
        user, nice, system, _, _, irq, softirq, steal = map(int, line[1:9])
        ticks = user + nice + system + irq + softirq + steal
        return time.monotonic(), ticks / os.sysconf("SC_CLK_TCK"), own

    def text(self) -> str:
        """Say it in cores: 0.0 is a machine that did nothing else."""
        seconds, work, own = (b - a for a, b in zip(self.start, self._now()))
        other = max(0.0, work - own) / seconds
        return f"cores that other processes kept busy during this run, on average: {other:.2f}"


class Threads:
    """Give minicnn and NumPy's BLAS the same number of threads.

    Example:
        >>> with Threads(1):
        ...     minicnn.get_num_threads()
        1
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.limits: Any = None

    def __enter__(self) -> Threads:
        self.before = minicnn.get_num_threads()
        minicnn.set_num_threads(self.threads)
        try:
            from threadpoolctl import threadpool_limits
        except ImportError:
            return self
        self.limits = threadpool_limits(self.threads, user_api="blas")
        return self

    def __exit__(self, *_: object) -> None:
        minicnn.set_num_threads(self.before)
        if self.limits is not None:
            self.limits.restore_original_limits()
