"""What a worker of a loader does: computing one batch, and knowing which worker it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np

from minicnn import random
from minicnn.data.collate import default_collate, default_convert
from minicnn.data.dataset import IterableDataset, batch_getter
from minicnn.errors import DataLoaderError


class Task(NamedTuple):
    """One batch to be computed, wherever that happens."""

    loop: int  # which `for` loop over the loader asks for it
    number: int  # of the batch in its epoch
    epoch: int
    place: int  # how many samples of the epoch come before
    group: Any  # indices; or one index, not a list; or how many items to take from a stream


class End:
    """Comes instead of a batch when a stream has no more."""


Watch = Callable[[int], None]  # told which sample of the batch is begun


@dataclass(frozen=True)
class WorkerInfo:
    """What `get_worker_info` tells.

    Attributes:
        id: The worker's number, 0 <= id < num_workers.
        num_workers: How many workers the loader has.
        seed: The loader's seed; the same in all of them.
        dataset: The dataset, in a process of its own the worker's copy of it.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Thread(threading.local):
    info: WorkerInfo | None = None


_thread = _Thread()


def get_worker_info() -> WorkerInfo | None:
    """Return which worker of a `DataLoader` runs this code; None if it is none.

    An `IterableDataset` need not share its items out by this, as it must in torch: one worker reads
    it, whatever `num_workers` says.

    Example:
        >>> get_worker_info() is None
        True
    """
    return _thread.info


def begin_worker(info: WorkerInfo, worker_init_fn: Callable[[int], Any] | None) -> None:
    """Make this thread the worker that `info` says."""
    _thread.info = info
    if worker_init_fn is not None:
        try:
            worker_init_fn(info.id)
        except Exception as error:
            raise DataLoaderError(
                f"DataLoader: worker_init_fn({info.id}): {type(error).__name__}: {error}"
            ) from error


class Fetcher:
    """Computes batches of one dataset; what it draws depends on the task alone.

    Args:
        dataset: Where samples come from.
        collate_fn: Makes a batch of a list of samples; None for the default.
        batched: Whether a task's group is a list; if not, samples are not collated.
        drop_last: Whether the last batch of a stream is left out if it is smaller.
        seed: The loader's seed.
    """

    def __init__(
        self,
        dataset: Any,
        collate_fn: Callable[[Any], Any] | None,
        batched: bool,
        drop_last: bool,
        seed: int,
    ) -> None:
        self.dataset, self.batched, self.drop_last, self.seed = dataset, batched, drop_last, seed
        default = default_collate if batched else default_convert
        self.collate = default if collate_fn is None else collate_fn
        self.get_batch = batch_getter(dataset) if batched and collate_fn is None else None
        self.loop: int | None = None  # whose stream this is:
        self.stream: Iterator[Any] = iter(())

    def __call__(self, task: Task, watch: Watch) -> Any:
        """Return the batch, or `End`; raise DataLoaderError naming the sample that fails."""
        with random.loading(self.seed, task.epoch, task.place):
            if isinstance(self.dataset, IterableDataset):
                samples = self._next_items(task, watch)
                if isinstance(samples, End):
                    return samples
            elif self.get_batch is not None:
                indices = np.asarray(task.group, dtype=np.int64)
                return self._gathered(self.get_batch, indices, task, watch)
            elif self.batched and hasattr(self.dataset, "__getitems__"):
                samples = self._gathered(self.dataset.__getitems__, list(task.group), task, watch)
            else:
                group = task.group if self.batched else [task.group]
                samples = [
                    self._sample(group[i], task, i, watch) for i in random.samples(len(group))
                ]
            return self._collated(samples if self.batched else samples[0], task)

    def _sample(self, index: Any, task: Task, i: int, watch: Watch) -> Any:
        watch(i)
        try:
            return self.dataset[index]
        except Exception as error:
            _fail(f"sample {index} of batch {task.number}", error)

    def _gathered(
        self, get_batch: Callable[[Any], Any], indices: Any, task: Task, watch: Watch
    ) -> Any:
        watch(-1)
        try:
            return get_batch(indices)
        except Exception as error:
            _fail(f"batch {task.number} of the samples {shown(task.group)}", error)

    def _next_items(self, task: Task, watch: Watch) -> list[Any] | End:
        if task.loop != self.loop:  # another `for` loop than last time: begin, and catch up
            self.loop = task.loop
            with random.loading(self.seed, task.epoch, 0):
                self.stream = self._begun(task)
                for _ in self._items(task.place, task, watch):
                    pass
        samples = list(self._items(task.group if self.batched else 1, task, watch))
        few = len(samples) < task.group if self.batched and self.drop_last else not samples
        return End() if few else samples

    def _begun(self, task: Task) -> Iterator[Any]:
        try:
            return iter(self.dataset)
        except Exception as error:
            _fail(f"the beginning of epoch {task.epoch}", error)

    def _items(self, count: int, task: Task, watch: Watch) -> Iterator[Any]:
        for i in random.samples(count):
            watch(i)
            try:
                item = next(self.stream)
            except StopIteration:
                return
            except Exception as error:
                _fail(f"item {i} of batch {task.number}", error)
            yield item

    def _collated(self, samples: Any, task: Task) -> Any:
        try:
            return self.collate(samples)
        except Exception as error:
            _fail(f"collating batch {task.number} of the samples {shown(task.group)}", error)


def shown(group: Any) -> str:
    """Return the first few indices of a group as text."""
    if not isinstance(group, (list, tuple, np.ndarray)):
        return str(group)
    return ", ".join(str(i) for i in group[:8]) + (", ..." if len(group) > 8 else "")


def _fail(place: str, error: Exception) -> NoReturn:
    raise DataLoaderError(f"DataLoader: {place}: {type(error).__name__}: {error}") from error
