"""An axis of 0 or a strange dtype crashes no operation; what has no meaning is refused by name."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from minicnn.testing.calls import Call, array_of
from tests.machine import SCALE
from tests.promises import table

# A channel, a pixel or a feature must be there: only a batch may be empty.
NEEDS_VALUES = [
    name
    for name in table.OPERATIONS
    if re.search(r"conv|pool\d|fold|interpolate|pixel_|(batch|group|instance|layer)_norm", name)
] + ["F.linear"]
SAMPLES = max(3, round(3 * SCALE))


def drawn(name: str, seed: int) -> Call:
    rng = np.random.Generator(np.random.Philox(seed))
    call = Call.of(table.operation(name), table.sample(name, rng), seed)
    return call.in_dtype(np.float32)


def emptied(call: Call, path: str, axis: int) -> Call:
    """Return the call with one axis of one array of size 0."""
    return call.changed(lambda p, a: np.take(a, [], axis) if p == path else a.copy())


def attempt(call: Call) -> Exception | None:
    try:
        call.run()
    except (ValueError, TypeError, IndexError) as error:
        return error
    return None


@pytest.mark.parametrize("name", table.OPERATIONS)
def test_an_axis_of_size_0_gives_a_result_or_an_error_that_names_the_operation(name: str) -> None:
    for seed in range(SAMPLES):
        call = drawn(name, seed)
        for path, leaf in call.leaves().items():
            for axis in range(array_of(leaf).ndim):
                error = attempt(emptied(call, path, axis))
                assert error is None or str(error).startswith(f"{name.partition('.')[2]}: "), (
                    f"seed {seed}, axis {axis} of argument {path}: {error!r}"
                )


@pytest.mark.parametrize("name", NEEDS_VALUES)
def test_no_channels_or_no_pixels_are_refused(name: str) -> None:
    for seed in range(SAMPLES):
        call = drawn(name, seed)
        x = array_of(call.arguments["0"])
        # statistics of a batch of none do not exist either, nor does an unbatched one have a batch
        kept = () if name == "F.batch_norm" else table.batch(name)(call)
        leading = 1 if "0" in kept or name in ("F.batch_norm", "F.instance_norm") else 0
        if name in ("F.linear", "F.layer_norm"):  # all axes but the features are the batch
            leading = x.ndim - (1 if name == "F.linear" else len(call.arguments["1"]))
        for axis in range(leading, x.ndim):
            error = attempt(emptied(call, "0", axis))
            assert isinstance(error, ValueError), (
                f"seed {seed}, axis {axis} of {x.shape}: {error!r}"
            )


STRANGE = [
    np.zeros((2, 2), np.complex64),
    np.zeros((2, 2), object),
    np.full((2, 2), "a"),
    np.full((2, 2), b"a"),
    np.zeros((2, 2), "datetime64[s]"),
    np.zeros((2, 2), "timedelta64[s]"),
    np.zeros((2, 2), [("a", np.float32)]),
]


@pytest.mark.parametrize("array", STRANGE, ids=lambda array: array.dtype.kind)
@pytest.mark.parametrize("name", table.OPERATIONS)
def test_what_is_no_number_is_refused_by_its_dtype(name: str, array: np.ndarray) -> None:
    call = drawn(name, 0)

    def given(path: str, value: np.ndarray) -> Any:
        """The strange array for the first one, the others as they are: not even as tensors."""
        return array if path == next(iter(call.leaves())) else value

    arguments = dict(call.changed(given).arguments)
    args = [arguments.pop(str(i)) for i in range(len(arguments)) if str(i) in arguments]
    args = [array_of(a) if hasattr(a, "array") else a for a in args]
    arguments = {key: array_of(a) if hasattr(a, "array") else a for key, a in arguments.items()}
    with pytest.raises(TypeError, match=re.escape(str(array.dtype))):
        table.operation(name)(*args, **arguments)
