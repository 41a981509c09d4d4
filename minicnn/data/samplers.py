"""Samplers: in which order samples are visited, and how they are grouped into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import boolean, integer


class Sampler:
    """Yields the indices of an epoch: a subclass defines `__iter__`, and `__len__` if it can.

    A loader begins an epoch with `iter(sampler)`. If the sampler has an attribute `epoch`, that is
    the loader's epoch too; `set_epoch` and `seed` let a loader go on from a saved position.
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler):
    """Visits the samples in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class _EpochSampler(Sampler):
    """Its order depends on the seed and the epoch alone; `iter` begins the next epoch.

    Attributes:
        seed: The seed.
        epoch: The epoch that the next `iter` begins.
    """

    def __init__(self, seed: int | None, generator: np.random.Generator | None) -> None:
        self.seed, self.epoch = random.checked_seed(seed, generator), 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next `iter` begins."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = random.stream(self.seed, self.epoch)
        self.epoch += 1
        return iter(self._order(rng).tolist())

    def _order(self, rng: np.random.Generator) -> np.ndarray:
        raise NotImplementedError


class RandomSampler(_EpochSampler):
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
        super().__init__(seed, generator)
        self.data_source, self.replacement = data_source, replacement
        if num_samples is not None and integer("RandomSampler", "num_samples", num_samples) < 0:
            raise ValueError(f"RandomSampler: num_samples must not be negative, got {num_samples}")
        self._num_samples = num_samples

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


class SubsetRandomSampler(_EpochSampler):
    """Visits the given samples in a random order, which depends on the seed and the epoch alone.

    Args:
        indices: The samples.
        generator, seed: As of `RandomSampler`.

    Example:
        >>> sorted(SubsetRandomSampler([7, 3, 5]))
        [3, 5, 7]
    """

    def __init__(
        self,
        indices: Sequence[int] | np.ndarray,
        generator: np.random.Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed, generator)
        self.indices = indices

    def _order(self, rng: np.random.Generator) -> np.ndarray:
        return np.asarray(self.indices, dtype=np.int64)[rng.permutation(len(self.indices))]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(_EpochSampler):
    """Draws samples with probabilities in proportion to their weights.

    Args:
        weights: A weight >= 0 for each sample, shape (N,); they need not add up to 1.
        num_samples: How many to draw in an epoch.
        replacement: Whether a sample can come up again in the same epoch.
        generator, seed: As of `RandomSampler`.

    Raises:
        ValueError: If a weight is negative or not finite, all are 0, or too few are positive to
            draw `num_samples` without replacement.

    Example:
        >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], num_samples=4))
        [1, 1, 1, 1]

    Source: without replacement, the exponential clocks of Efraimidis & Spirakis, "Weighted random
    sampling with a reservoir", Information Processing Letters 97 (2006).
    """

    def __init__(
        self,
        weights: Sequence[float] | np.ndarray,
        num_samples: int,
        replacement: bool = True,
        generator: np.random.Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed, generator)
        self.weights = np.array(weights, dtype=np.float64)
        self.num_samples = integer("WeightedRandomSampler", "num_samples", num_samples)
        self.replacement = boolean("WeightedRandomSampler", "replacement", replacement)
        if self.num_samples < 1:
            raise ValueError(
                f"WeightedRandomSampler: num_samples must be at least 1, got {num_samples}"
            )
        w = self.weights
        if w.ndim != 1 or not np.isfinite(w).all() or (w < 0).any() or not (w > 0).any():
            raise ValueError(
                "WeightedRandomSampler: weights must have one axis and be finite, not negative and"
                f" not all 0, got shape {w.shape}"
            )
        positive = int(np.count_nonzero(w))
        if not replacement and positive < num_samples:
            raise ValueError(
                f"WeightedRandomSampler: cannot draw num_samples={num_samples} without replacement"
                f" from {positive} samples with a positive weight"
            )

    def _order(self, rng: np.random.Generator) -> np.ndarray:
        if self.replacement:
            ends = np.cumsum(self.weights / self.weights.sum())
            drawn = np.searchsorted(ends, rng.random(self.num_samples) * ends[-1], side="right")
            return drawn.astype(np.int64)
        # Each sample's clock rings after a time of rate `weight`: the first to ring are drawn.
        with np.errstate(divide="ignore"):
            times = rng.exponential(size=len(self.weights)) / self.weights
        return np.argsort(times, kind="stable")[: self.num_samples]

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
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
