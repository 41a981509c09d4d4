"""Random numbers: NumPy's Philox, a generator whose every stream is reached by its key.

`default_generator` serves what has no seed of its own (initial weights, dropout). What must not
depend on the order of events, such as the order of an epoch, takes a generator from `stream`.

Code that runs for one sample (a dataset, a transform) draws from `current_generator()`. Inside a
`DataLoader` that is a stream of the sample's own, so that what is drawn does not depend on who
computes the sample or what was computed before; elsewhere it is `default_generator`.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

import contextlib
import operator
import threading
from collections.abc import Iterator

import numpy as np

from minicnn._device import device as place

ORDER, SAMPLE, BATCH, WORKER = range(4)  # uses of a loader's streams

default_generator: np.random.Generator = np.random.Generator(np.random.Philox(0))


class Generator(np.random.Generator):
    """A generator of random numbers as torch's scripts make it: NumPy's, which can be seeded again.

    Args:
        device: "cpu".

    Example:
        >>> first = Generator().manual_seed(3).random()
        >>> first == Generator().manual_seed(3).random()
        True
    """

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(np.random.Philox(0))
        self.device = place(device)

    def manual_seed(self, seed: int) -> Generator:
        """Go to the beginning of the stream `seed`, and return this generator.

        Raises:
            ValueError: If `seed` is negative.
        """
        self.bit_generator.state = np.random.Philox(_not_negative(seed)).state
        return self


def _not_negative(seed: int) -> int:
    seed = operator.index(seed)
    if seed < 0:
        raise ValueError(f"manual_seed: seed must not be negative, got {seed}")
    return seed


def manual_seed(seed: int) -> np.random.Generator:
    """Set `default_generator` to the beginning of the stream `seed`, and return it.

    Raises:
        ValueError: If `seed` is negative.

    Example:
        >>> first = manual_seed(7).random()
        >>> first == manual_seed(7).random()
        True
    """
    state = np.random.Philox(_not_negative(seed)).state
    default_generator.bit_generator.state = state  # the object stays the same
    return default_generator


def stream(seed: int, epoch: int = 0, index: int = 0, use: int = ORDER) -> np.random.Generator:
    """Return the generator of (seed, epoch, index, use), whoever asks and in whatever order.

    Args:
        seed: The run's seed, 0 <= seed < 2**64.
        epoch: Passes over the data before this one.
        index: The sample, for what is drawn for each sample.
        use: What the numbers are for, so that two uses do not get the same ones.

    Raises:
        ValueError: If an argument is negative or does not fit in 64 bits.
    """
    for name, value in (("seed", seed), ("epoch", epoch), ("index", index), ("use", use)):
        if not 0 <= operator.index(value) < 2**64:
            raise ValueError(f"stream: {name} must be in [0, 2**64), got {value}")
    key = np.array([seed, epoch], dtype=np.uint64)
    counter = np.array([0, 0, index, use], dtype=np.uint64)  # Philox counts in the first words
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def checked_seed(seed: int | None, generator: np.random.Generator | None = None) -> int:
    """Return `seed`, or one drawn from `generator` or `default_generator` if it is None.

    Raises:
        ValueError: If it is negative or does not fit in 64 bits.
    """
    if seed is None:
        source = default_generator if generator is None else generator
        return int(source.integers(2**63))
    stream(seed)  # raises if it is none
    return operator.index(seed)


class _Batch:
    """What a thread draws from while it computes a batch: its stream, or that of a sample of it."""

    def __init__(self, seed: int, epoch: int, place: int) -> None:
        self.seed, self.epoch, self.place = seed, epoch, place
        self.generator: np.random.Generator | None = None  # made when somebody asks for it


class _Thread(threading.local):
    batch: _Batch | None = None


_thread = _Thread()


def current_generator() -> np.random.Generator:
    """Return the generator to draw from, for code that runs for one sample or one batch.

    While a `DataLoader` computes a sample it is that of (seed, epoch, place of the sample in the
    epoch), and while it collates, that of the batch. Ask for it each time; it is not to be kept.
    Elsewhere it is `default_generator`.

    Example:
        >>> current_generator() is default_generator
        True
    """
    batch = _thread.batch
    if batch is None:
        return default_generator
    if batch.generator is None:
        batch.generator = stream(batch.seed, batch.epoch, batch.place, BATCH)
    return batch.generator


@contextlib.contextmanager
def loading(seed: int, epoch: int, place: int) -> Iterator[None]:
    """Inside this block, this thread draws as the batch does whose first sample has this place.

    Args:
        seed: The loader's seed.
        epoch: The epoch.
        place: How many samples of the epoch come before.
    """
    before = _thread.batch
    _thread.batch = _Batch(seed, epoch, place)
    try:
        yield
    finally:
        _thread.batch = before


def samples(count: int) -> Iterator[int]:
    """Yield i = 0, ..., count - 1; until the next one, sample i's generator is the current one.

    Outside of `loading` the current generator stays what it is.

    Example:
        >>> with loading(seed=1, epoch=0, place=64):
        ...     drawn = [current_generator().random() for i in samples(2)]
        >>> with loading(seed=1, epoch=0, place=65):
        ...     drawn[1:] == [current_generator().random() for i in samples(1)]
        True
    """
    batch = _thread.batch
    if batch is None:
        yield from range(count)
        return
    outer = batch.generator
    own = stream(batch.seed, batch.epoch, batch.place, SAMPLE)
    state = own.bit_generator.state  # setting it takes a tenth of the time of a new generator
    try:
        for i in range(count):
            state["state"]["counter"][2] = batch.place + i
            own.bit_generator.state = state
            batch.generator = own
            yield i
    finally:
        batch.generator = outer
