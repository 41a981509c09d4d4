"""The data loader: batches of a dataset, one epoch for each `for` loop."""

from __future__ import annotations

import contextlib
import itertools
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import integer
from minicnn.data._settings import check_settings, check_state, process_context
from minicnn.data.dataset import IterableDataset
from minicnn.data.samplers import BatchSampler, RandomSampler, SequentialSampler
from minicnn.data.worker import End, Fetcher, Task, WorkerInfo
from minicnn.data.workers import ThreadWorker, Workers, in_order


class DataLoader:
    """Yields a dataset in batches; each `for` loop over it is one epoch.

    What it yields depends on the seed and the epoch, and not on the number and kind of its workers:
    the order of a shuffled epoch, and what datasets and transforms draw from
    `minicnn.random.current_generator`, come from streams of their own.

    Args:
        dataset: Has a length and gives sample i as `dataset[i]`; or an `IterableDataset`. If it
            defines `get_batch(indices)` and no `collate_fn` is given, whole batches are gathered by
            that.
        batch_size: Samples in a batch; None for single samples, not collated.
        shuffle: Whether each epoch has a random order of its own, which depends on the seed and the
            epoch alone.
        sampler: Yields the indices of an epoch; excludes `shuffle`.
        batch_sampler: Yields lists of indices; excludes all of the above.
        num_workers: 0 to load in the caller's thread, more to load ahead in so many threads, or
            processes if `multiprocessing_context` is given. An IterableDataset is read by one.
        collate_fn: Makes a batch of a list of samples; `default_collate` if left out.
        pin_memory: Taken for torch's sake; there is one memory.
        drop_last: Whether to leave out the last batch if it is smaller.
        timeout: Seconds to wait for a batch of a worker; 0 for ever.
        worker_init_fn: Called in each worker with its number, before anything else.
        multiprocessing_context: "spawn", "forkserver", "fork" or a context of `multiprocessing`:
            workers are processes started that way, each with a copy of the dataset. None (torch's
            default is a process): workers are threads, which is best while NumPy and the kernels do
            the work, since they let other threads run.
        generator: Where the seed is drawn from if none is given.
        seed: The seed of the epochs' orders and of what transforms draw, 0 <= seed < 2**64.
        prefetch_factor: How many batches to load ahead for each worker; None for 2.
        persistent_workers: Whether workers stay for the next epoch, until `close` or the loader's
            end.

    Attributes:
        epoch: The epoch that the next `for` loop is.

    Raises:
        ValueError: If settings exclude each other or are out of range.
        DataLoaderError: While iterating, if the dataset raises or a worker dies; names the sample.

    Example:
        >>> from minicnn.data import TensorDataset
        >>> loader = DataLoader(TensorDataset(np.arange(5)), batch_size=2)
        >>> [batch for (batch,) in loader]
        [tensor([0, 1]), tensor([2, 3]), tensor([4])]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: np.random.Generator | None = None,
        *,
        seed: int | None = None,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        self.dataset, self.collate_fn, self.drop_last = dataset, collate_fn, drop_last
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self.batch_size = batch_size
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.persistent_workers, self.pin_memory = persistent_workers, pin_memory
        check_settings(self, shuffle)
        self.multiprocessing_context = process_context(multiprocessing_context, num_workers)
        self.seed = random.checked_seed(seed, generator)
        self._is_stream = isinstance(dataset, IterableDataset)
        if batch_sampler is not None:
            self.batch_size = None
        elif not self._is_stream:
            if sampler is None:
                order = RandomSampler(dataset, seed=self.seed) if shuffle else None
                self.sampler = SequentialSampler(dataset) if order is None else order
            if batch_size is not None:
                self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self._own_epoch, self._skip = 0, 0
        self._position: _Position | None = None
        self._kept: Workers | None = None
        self._loops = itertools.count()

    # -- epochs and positions -----------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """The epoch that the next `for` loop is."""
        sampler = self._sampler_with("epoch")
        return self._own_epoch if sampler is None else int(sampler.epoch)

    def _sampler_with(self, name: str) -> Any:
        places = (self.batch_sampler, self.sampler, getattr(self.batch_sampler, "sampler", None))
        return next((sampler for sampler in places if hasattr(sampler, name)), None)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next `for` loop is."""
        if integer("DataLoader.set_epoch", "epoch", epoch) < 0:
            raise ValueError(f"DataLoader.set_epoch: epoch must not be negative, got {epoch}")
        self._own_epoch, self._skip, self._position = epoch, 0, None
        sampler = self._sampler_with("set_epoch")
        if sampler is not None:
            sampler.set_epoch(epoch)

    def state_dict(self) -> dict[str, int]:
        """Return the position: the seed, the epoch and how many of its batches have been yielded.

        It is that of the loop begun last, also if that was left early; a loop that has come to its
        end is at the next epoch's beginning. Ready for JSON.
        """
        position = self._position
        if position is None or position.ended:
            position = _Position(self.epoch, self._skip)
        state = {"seed": self.seed, "epoch": position.epoch, "batches": position.batches}
        sampler = self._sampler_with("seed")
        return state if sampler is None else {**state, "sampler_seed": int(sampler.seed)}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Let the next `for` loop go on from a position that `state_dict` has returned.

        It yields what the loop that was left would have yielded next, if the dataset, the batch
        size and the samplers are the same. Batches that were yielded are not loaded again, except
        those of an IterableDataset.

        Raises:
            ValueError, TypeError: If `state` is no such position.
        """
        sampler = self._sampler_with("seed")
        names = ["seed", "epoch", "batches", *([] if sampler is None else ["sampler_seed"])]
        seed, epoch, batches, *rest = check_state(state, names)
        self.set_epoch(epoch)
        self.seed, self._skip = seed, batches
        self.close()  # workers that stayed have the old seed
        if sampler is not None:
            sampler.seed = rest[0]

    # -- iteration ----------------------------------------------------------------------------

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        n = len(self.dataset)  # a stream that does not know its length raises here
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        position = _Position(self.epoch, self._skip)
        self._position, self._skip = position, 0
        groups = self._groups()  # begins the sampler's epoch
        self._own_epoch = position.epoch + 1
        return self._counted(self._tasks(groups, position.epoch, position.batches), position)

    def _groups(self) -> Iterator[Any]:
        if self._is_stream:
            return itertools.repeat(1 if self.batch_size is None else self.batch_size)
        return iter(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _tasks(self, groups: Iterator[Any], epoch: int, skip: int) -> Iterator[Task]:
        loop, place, stream = next(self._loops), 0, self._is_stream
        for number, group in enumerate(groups):
            if number >= skip:
                yield Task(loop, number, epoch, place, group)
            place += group if stream else 1 if self.batch_sampler is None else len(group)

    def _counted(self, tasks: Iterator[Task], position: _Position) -> Iterator[Any]:
        with contextlib.closing(self._batches(tasks)) as batches:
            for batch in batches:
                position.batches += 1
                yield batch
        position.ended = True

    def _batches(self, tasks: Iterator[Task]) -> Generator[Any, None, None]:
        if self.num_workers == 0:
            fetch = self._fetcher()
            for task in tasks:
                batch = fetch(task, lambda i: None)
                if isinstance(batch, End):
                    return
                yield batch
            return
        workers, self._kept = self._kept or self._start_workers(), None
        healthy, patient = False, True
        try:
            ahead = workers.count * self.prefetch_factor
            yield from in_order(workers, tasks, ahead, self.timeout or None)
            healthy = True
        except GeneratorExit:  # the loop was left early
            healthy = True
            raise
        except KeyboardInterrupt:
            patient = False
            raise
        finally:
            if healthy and self.persistent_workers and self._kept is None:
                self._kept = workers
            else:
                workers.close(wait=patient)

    # -- workers ------------------------------------------------------------------------------

    def _fetcher(self) -> Fetcher:
        batched = self.batch_sampler is not None or self.batch_size is not None
        return Fetcher(self.dataset, self.collate_fn, batched, self.drop_last, self.seed)

    def _start_workers(self) -> Workers:
        count = 1 if self._is_stream else self.num_workers
        fetcher = self._fetcher()
        infos = [WorkerInfo(i, count, self.seed, self.dataset) for i in range(count)]
        if self.multiprocessing_context is None:
            workers = Workers([ThreadWorker(fetcher, info, self.worker_init_fn) for info in infos])
        else:
            from minicnn.data.process import start_processes  # imports much that is rarely needed

            processes = start_processes(
                self.multiprocessing_context, fetcher, infos, self.worker_init_fn
            )
            workers = Workers(processes)
        if self.persistent_workers:
            weakref.finalize(self, workers.close)
        return workers

    def close(self) -> None:
        """End the workers that stayed because of `persistent_workers`."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


class _Position:
    """How far a `for` loop has come."""

    def __init__(self, epoch: int, batches: int) -> None:
        self.epoch, self.batches, self.ended = epoch, batches, False
