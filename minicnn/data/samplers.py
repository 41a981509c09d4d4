"""Samplers: in which order samples are visited, and how they are grouped into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import integer


class SequentialSampler:
    """Visits the samples in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler:
    """Visits the samples in a random order, which depends on the seed and the epoch alone.

    Each `iter(sampler)` begins the next epoch; `set_epoch` says which one that is.

    Args:
        data_source: What is sampled from; only its length matters.
        replacement: Whether a sample can come up again in the same epoch.
        num_samples: How many to visit in an epoch; all of them if left out.
        generator: Where the seed is drawn from if none is given: `minicnn.random.default_generator`
            if left out.
        seed: The seed, 0 <= seed < 2**64.

    Attributes:
        seed: As above, or the drawn one.
        epoch: The epoch that the next `iter` begins.

    Example:
        >>> sampler = RandomSampler(range(5), seed=1)
        >>> first, second = list(sampler), list(sampler)
        >>> sampler.set_epoch(0)
        >>> list(sampler) == first
        True
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: np.random.Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        self.data_source, self.replacement = data_source, replacement
        if num_samples is not None and integer("RandomSampler", "num_samples", num_samples) < 0:
            raise ValueError(f"RandomSampler: num_samples must not be negative, got {num_samples}")
        self._num_samples = num_samples
        if seed is None:
            source = random.default_generator if generator is None else generator
            seed = int(source.integers(2**63))
        random.stream(seed)  # raises if the seed is none
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next `iter` begins."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = random.stream(self.seed, self.epoch)
        self.epoch += 1
        return iter(self._order(rng).tolist())

    def _order(self, rng: np.random.Generator) -> np.ndarray:
        n = len(self.data_source)
        if n == 0 and len(self) > 0:
            raise ValueError(
                f"RandomSampler: cannot draw {len(self)} samples from an empty dataset"
            )
        if self.replacement:
            return rng.integers(n, size=len(self)) if n else np.empty(0, np.int64)
        rounds = [rng.permutation(n) for _ in range(-(-len(self) // max(1, n)))]
        return np.concatenate([np.empty(0, np.int64), *rounds])[: len(self)]

    def __len__(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples


class BatchSampler:
    """Groups what a sampler yields into lists of batch_size.

    Args:
        sampler: Yields indices.
        batch_size: Samples in a batch.
        drop_last: Whether to leave out the last batch if it is smaller.
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool = False) -> None:
        if integer("BatchSampler", "batch_size", batch_size) < 1:
            raise ValueError(f"BatchSampler: batch_size must be at least 1, got {batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        return self._batches(iter(self.sampler))  # begins the sampler's epoch now, not at next()

    def _batches(self, indices: Iterator[Any]) -> Iterator[list[Any]]:
        batch = []
        for index in indices:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]  # a sampler without a length raises here
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
