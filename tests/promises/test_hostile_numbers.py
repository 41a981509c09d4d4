"""Hostile numbers for all operations and layers: a right result or a refusal, and at once.

A failing case names itself: `python -m tests.promises.hostile_numbers NAME NUMBER` runs it again.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from minicnn.testing.calls import tensors_in
from tests.machine import little_memory, scaled
from tests.promises.hostile_numbers import NAMES, Case, case

CASES = 65  # of each of the 160 names that have numbers: 10,000 and more
SECONDS = 0.05
REFUSALS = (ValueError, TypeError, MemoryError)
ALSO = {"ops.getitem": (IndexError,), "ops.gather": (IndexError,)}  # as Python asks for
FAR = 2**31 - 1  # hostile numbers that are not small
WINDOWS = {"stride", "dilation"}  # of which any value beyond all pixels gives the same result


def outcome(name: str, call: Case) -> Any:
    """Return the result, or the error that refused the call."""
    try:
        return call.run()
    except (*REFUSALS, *ALSO.get(name, ())) as refusal:
        return refusal


def seconds_of(name: str, number: int) -> float:
    call = case(name, number)
    start = time.process_time()
    outcome(name, call)
    return time.process_time() - start


def nearer(value: Any) -> Any:
    """Return a setting with 1,000 in the place of each far number: still beyond all pixels."""
    if isinstance(value, tuple):
        return tuple(nearer(v) for v in value)
    return 1000 if isinstance(value, int) and value >= FAR else value


def assert_same_as_nearer(name: str, number: int, result: Any) -> None:
    call = case(name, number)
    changes = {key: nearer(call.arguments[key]) for key in call.changed}
    expected = call._replace(arguments={**call.arguments, **changes}).run()
    for got, wanted in zip(tensors_in(result), tensors_in(expected), strict=True):
        np.testing.assert_array_equal(got.data, wanted.data)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
@pytest.mark.parametrize("name", NAMES)
def test_hostile_numbers_are_refused_at_once_or_right(name: str) -> None:
    with little_memory():
        for number in range(scaled(CASES, most=10 * CASES)):
            call = case(name, number)
            if not call.changed:
                assert outcome(name, call) is not None
                return
            start = time.process_time()
            try:
                result = outcome(name, call)
                if time.process_time() - start >= SECONDS:  # not for the machine's sake
                    assert min(seconds_of(name, number) for _ in range(3)) < SECONDS
                if isinstance(result, Exception):
                    assert str(result)
                    assert not any(word in str(result) for word in ("overload", "std::"))
                elif call.changed and call.changed <= WINDOWS and not name.startswith("nn."):
                    assert_same_as_nearer(name, number, result)
            except BaseException:
                print(f"reproduce: python -m tests.promises.hostile_numbers {name} {number}")
                raise
