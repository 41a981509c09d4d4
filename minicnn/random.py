"""Random numbers: NumPy's Philox, a generator whose every stream is reached by its key.

`default_generator` serves what has no seed of its own (initial weights, dropout). What must not
depend on the order of events, such as the order of an epoch, takes a generator from `stream`.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

import operator

import numpy as np

default_generator: np.random.Generator = np.random.Generator(np.random.Philox(0))


def manual_seed(seed: int) -> np.random.Generator:
    """Set `default_generator` to the beginning of the stream `seed`, and return it.

    Raises:
        ValueError: If `seed` is negative.

    Example:
        >>> first = manual_seed(7).random()
        >>> first == manual_seed(7).random()
        True
    """
    seed = operator.index(seed)
    if seed < 0:
        raise ValueError(f"manual_seed: seed must not be negative, got {seed}")
    default_generator.bit_generator.state = np.random.Philox(
        seed
    ).state  # the object stays the same
    return default_generator


def stream(seed: int, epoch: int = 0, index: int = 0, use: int = 0) -> np.random.Generator:
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
