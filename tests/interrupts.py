"""Sends this process Ctrl-C at random times, and measures how long it takes to be honoured."""

from __future__ import annotations

import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

LIMIT = 0.1  # seconds


class Delay(NamedTuple):
    """From the signal to the KeyboardInterrupt, in seconds."""

    wall: float
    cpu: float  # of this process, all threads: what does not depend on the machine's other work


def interrupted(work: Callable[[], object], longest_wait: float = 0.03) -> Delay:
    """Call `work` again and again until Ctrl-C, which comes within `longest_wait`, ends it.

    Also in a process that was started in the background, where Ctrl-C is ignored at first.
    """
    sent: list[tuple[float, float]] = []
    wait = random.uniform(0, longest_wait)

    def send() -> None:
        time.sleep(wait)
        sent.append((time.perf_counter(), time.process_time()))
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sender.start()
        while True:
            work()
    except KeyboardInterrupt:
        wall, cpu = time.perf_counter(), time.process_time()
    finally:
        sender.join()
        signal.signal(signal.SIGINT, previous)
    return Delay(wall - sent[0][0], cpu - sent[0][1])


def report(name: str, delays: list[Delay], threads: int = 1) -> None:
    """Print the worst delay, and fail unless Ctrl-C was honoured in time.

    The process itself may not compute for longer than LIMIT on each of its threads. What else the
    machine does may hold it up, hence the median of the times on the wall's clock.
    """
    wall, cpu = [d.wall for d in delays], [d.cpu for d in delays]
    print(
        f"{name}: {len(delays)} interrupts, worst {1e3 * max(wall):.1f} ms,"
        f" median {1e3 * statistics.median(wall):.1f} ms, CPU time at most {1e3 * max(cpu):.1f} ms"
    )
    assert max(cpu) <= LIMIT * threads
    assert statistics.median(wall) <= LIMIT
