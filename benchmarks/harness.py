"""Timing that can be trusted: check first, warm up, interleave, and keep the quartiles.

A shared machine slows down and speeds up by tens of percent within a second. So competitors take
turns, one short burst each, over many rounds: a slow moment hits all of them, and a ratio is formed
within a round.

Each burst starts on idle cores. A library's threads go on spinning when its work is done, for a
fraction of a millisecond or for several, and would take a core from whoever is next: with two
threads on two cores that cost up to three times the competitor's own time. So each turn, whoever's
it is, begins with a pause that is longer than they spin, then with calls that are not timed, which
wake the cores and threads and find the caches as the competitor left them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import machine
import numpy as np

EPS = float(np.finfo(np.float32).eps)
PAUSE = 0.010  # seconds before each turn; libgomp's threads were seen to spin for 3 to 6 ms
WARM_UP = 0.003  # seconds of calls that are not timed, at least one


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, one entry for each round."""

    rounds: np.ndarray

    @property
    def median(self) -> float:
        return float(np.median(self.rounds))

    @property
    def quartiles(self) -> tuple[float, float]:
        low, high = np.quantile(self.rounds, [0.25, 0.75])
        return float(low), float(high)

    def as_json(self) -> dict[str, Any]:
        return {
            "median": self.median,
            "quartiles": list(self.quartiles),
            "rounds": len(self.rounds),
        }


def time_once(run: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def start_idle(run: Callable[[], Any]) -> None:
    """Let all threads go to sleep, then make the calls of a turn that are not timed."""
    time.sleep(PAUSE)
    start = time.perf_counter()
    while True:
        run()
        if time.perf_counter() - start >= WARM_UP:
            return


def compare(
    runs: Mapping[str, Callable[[], Any]],
    *,
    seconds: float = 0.5,
    burst: float = 0.005,
    max_rounds: int = 200,
) -> dict[str, Timing]:
    """Time functions side by side.

    Args:
        runs: The competitors by name.
        seconds: How long to measure each of them, about; pauses and warm-up come on top.
        burst: How long one turn lasts at least; a short function is called several times in it.
        max_rounds: At most so many turns each. There are always at least 5.

    Returns:
        The timings under the same names; round i of all of them was measured together.
    """
    calls, cost = {}, {}
    for name, run in runs.items():
        run()  # the first call allocates, packs, starts threads
        start_idle(run)
        once = min(time_once(run, 1) for _ in range(2))
        calls[name] = max(1, int(np.ceil(burst / max(once, 1e-9))))
        cost[name] = once * calls[name]
    rounds = int(np.clip(seconds * len(runs) / sum(cost.values()), 5, max_rounds))
    names = list(runs)
    times: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        for name in names if i % 2 == 0 else reversed(names):
            start_idle(runs[name])
            times[name].append(time_once(runs[name], calls[name]))
    return {name: Timing(np.array(t)) for name, t in times.items()}


def ratio(slow: Timing, fast: Timing) -> tuple[float, float, float]:
    """Return the median and the quartiles of slow / fast, formed within each round."""
    low, middle, high = np.quantile(slow.rounds / fast.rounds, [0.25, 0.5, 0.75])
    return float(middle), float(low), float(high)


def geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))


def check(name: str, got: Any, expected: np.ndarray, cond: np.ndarray, factor: float = 8) -> None:
    """Stop unless |got - expected| <= factor * eps * cond everywhere.

    Args:
        name: What is checked, for the message.
        got: The result to judge.
        expected: The right values, computed without this library.
        cond: The same operation on absolute values: what float32's rounding is relative to.
        factor: How many units of eps * cond are allowed.

    Raises:
        SystemExit: If it is wrong: a wrong result has no speed.
    """
    got = np.asarray(got)
    if got.shape != expected.shape:
        raise SystemExit(f"{name}: shape {got.shape}, expected {expected.shape}")
    error = np.abs(got.astype(np.float64) - expected)
    bound = factor * EPS * cond
    if not (error <= bound).all():  # also false for NaN
        worst = np.nanmax(error / np.maximum(bound, 1e-300)) * factor
        raise SystemExit(f"{name}: wrong by {worst:.3g} eps * cond, allowed are {factor:g}")


def check_bits(name: str, run: Callable[[], Any], thread_counts: Sequence[int]) -> None:
    """Stop unless `run` returns the same bits with each of these numbers of threads.

    Raises:
        SystemExit: If it does not.
    """
    first: bytes | None = None
    for threads in thread_counts:
        with machine.Threads(threads):
            bits = np.ascontiguousarray(run()).tobytes()
        if first is not None and bits != first:
            raise SystemExit(f"{name}: other bits with {threads} threads than {thread_counts[0]}")
        first = bits
