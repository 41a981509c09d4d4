"""Ctrl-C while a loop waits for its loader's workers."""

from __future__ import annotations

import multiprocessing
import threading
import time
from typing import Any

import pytest

from minicnn.data import DataLoader, Dataset
from tests.interrupts import interrupted, report
from tests.machine import scaled

COUNT = scaled(4, most=40)


class Slow(Dataset):
    """Samples that, after the first, take longer than anybody wants to wait."""

    def __getitem__(self, index: int) -> int:
        time.sleep(0.4 if index else 0)
        return index

    def __len__(self) -> int:
        return 1000


KINDS: list[dict[str, Any]] = [dict(num_workers=0), dict(num_workers=2)]
if "fork" in multiprocessing.get_all_start_methods():
    KINDS.append(dict(num_workers=2, multiprocessing_context="fork"))


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_ends_the_wait_for_a_batch_soon_and_then_the_workers(kind: dict[str, Any]) -> None:
    before = threading.active_count()

    delays = []
    for _ in range(COUNT):
        batches = iter(DataLoader(Slow(), 1, **kind))
        next(batches)  # the workers have started
        delays.append(interrupted(lambda b=batches: next(b)))
    report(f"DataLoader({kind})", delays)
    end = time.monotonic() + 10
    while (
        threading.active_count() > before or multiprocessing.active_children()
    ) and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert multiprocessing.active_children() == []
