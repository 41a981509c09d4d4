"""The table's samples are awkward often enough to be worth sweeping over."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.promises import table
from tests.promises.corners import WINDOWED, Window, possible

DRAWS = 400


@pytest.mark.parametrize("name", WINDOWED)
def test_every_corner_is_drawn_often(name: str) -> None:
    counts: Counter[str] = Counter()
    for seed in range(DRAWS):
        sample = table.sample(name, np.random.Generator(np.random.Philox(seed)))
        counts.update(Window(name, sample).kinds())
    rare = {kind: counts[kind] for kind in possible(name) if counts[kind] < 0.05 * DRAWS}
    assert not rare, f"of {DRAWS} samples: {counts}"


@pytest.mark.parametrize("name", [n for n in table.OPERATIONS if n not in table.NO_GRADIENT])
def test_no_operation_gives_mostly_zeros(name: str) -> None:
    """A wrong 0 shows only among other numbers."""
    zeros = size = 0
    for seed in range(DRAWS // 4):
        sample = table.sample(name, np.random.Generator(np.random.Philox(seed)))
        y = table.first_result(name, sample)
        zeros += np.count_nonzero(y == 0)
        size += y.size
    assert zeros <= 0.5 * size or name in MOSTLY_ZERO, f"{zeros} of {size}"


MOSTLY_ZERO = {"F.max_unpool1d", "F.max_unpool2d"}  # that is what they are for
