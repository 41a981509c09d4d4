"""Datasets that worker processes can import, and what they do to be tested."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.data import Dataset, IterableDataset, TensorDataset, get_worker_info
from minicnn.random import current_generator
from minicnn.tensor import Tensor


class Noisy(Dataset):
    """Sample i is i and three random numbers, drawn in two calls."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[int, np.ndarray]:
        first = current_generator().random(2)
        return index, np.append(first, current_generator().normal())


class NoisyStream(IterableDataset):
    """The same as a stream."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        for i in range(self.n):
            first = current_generator().random(2)
            yield i, np.append(first, current_generator().normal())


class NoisyBatches(TensorDataset):
    """Gathers whole batches, with one draw for all."""

    def get_batch(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        return (*super().get_batch(indices), Tensor(current_generator().random(3)))


def noisy_collate(samples: list[Any]) -> list[float]:
    """Numbers that depend on the samples' draws and on draws of its own."""
    return [float(noise.sum()) + float(current_generator().random()) for _, noise in samples]


class Fatal(Dataset):
    """At sample 5, something happens."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> int:
        if index == 5:
            time.sleep(0.2)  # until the loop waits for it
            if self.what == "raise":
                raise KeyError("no such picture")
            if self.what == "exit":
                os._exit(7)
            if self.what == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.what == "sleep":
                time.sleep(60)
        return index


class Unsendable(Dataset):
    """Its samples cannot be pickled."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return lambda: index


class Where(Dataset):
    """Which worker, process and state of the default generator a sample is computed with."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> tuple[int, int, int]:
        info = get_worker_info()
        time.sleep(0.01)  # or one worker does all
        return (-1, -1, 0) if info is None else (info.id, info.num_workers, os.getpid())


class Slow(Dataset):
    def __len__(self) -> int:
        return 1000

    def __getitem__(self, index: int) -> int:
        time.sleep(0.001)
        return index


def fail_to_begin(worker_id: int) -> None:
    raise OSError(f"no disk for worker {worker_id}")


def as_list(samples: list[Any]) -> list[Any]:
    return samples
