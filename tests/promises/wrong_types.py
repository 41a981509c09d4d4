"""Calls of operations and layers with arguments of wrong types.

Case NUMBER of NAME is the same call every time: `python -m tests.promises.wrong_types NAME NUMBER`
makes it and prints what came of it.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import inspect
import random
import sys
from typing import Any

import numpy as np

from tests.promises.hostile_numbers import Case, drawn


class Strange:
    """An object that nothing can be made of."""

    def __repr__(self) -> str:
        return "Strange()"


WRONG: dict[str, Any] = {
    "None": None,
    "text": "text",
    "empty text": "",
    "digits": "3",
    "bytes": b"3",
    "complex": 1j,
    "nan": float("nan"),
    "infinity": float("inf"),
    "real": 1.5,
    "huge int": 10**30,
    "bool": True,
    "empty list": [],
    "empty tuple": (),
    "dict": {"a": 1},
    "set": {1, 2},
    "ragged list": [[1.0], [2.0, 3.0]],
    "list of texts": ["a", "b"],
    "list with None": [1.0, None],
    "nested tuples": ((1, 2), (3, 4)),
    "range": range(3),
    "object": Strange(),
    "class": int,
    "function": len,
    "decimal": decimal.Decimal("1.5"),
    "fraction": fractions.Fraction(1, 2),
    "date": datetime.date(2000, 1, 1),
    "Ellipsis": Ellipsis,
    "slice": slice(1),
    "generator": (i for i in ()),
    "array of texts": np.array(["a", "b"]),
    "array of objects": np.array([None, 1], object),
    "array of complex": np.array([1j, 2]),
    "array of dates": np.array(["2000-01-01"], "datetime64[D]"),
    "array of records": np.zeros(2, [("a", "f4")]),
    "array of half": np.zeros((2, 3), np.float16),
    "array of bools": np.array([True, False]),
    "array of ints": np.array([1, 2]),
    "array of shape ()": np.array(1.0),
    "empty array": np.zeros((0,), np.float32),
    "array of five axes": np.zeros((1, 1, 1, 1, 1), np.float32),
}


def case(name: str, number: int, nothing_exchanged: bool = False) -> tuple[Case, dict[str, str]]:
    """Return a right call in which one or two arguments are exchanged, and by what."""
    rng = random.Random(f"{name} {number}")
    function, args, settings, inputs = drawn(name, rng.randrange(2**32))
    call = inspect.signature(function).bind(*args, **settings)
    call.apply_defaults()
    arguments = dict(call.arguments)
    if nothing_exchanged:
        return Case(function, arguments, frozenset(), inputs), {}
    if inputs is not None and (
        not arguments or rng.random() < 0.5
    ):  # what the layer is called with
        place, kind = rng.randrange(len(inputs)), rng.choice(list(WRONG))
        inputs = (*inputs[:place], WRONG[kind], *inputs[place + 1 :])
        return Case(function, arguments, frozenset(), inputs), {f"input {place}": kind}
    kinds = {key: rng.choice(list(WRONG)) for key in chosen(rng, list(arguments))}
    arguments |= {key: WRONG[kind] for key, kind in kinds.items()}
    return Case(function, arguments, frozenset(kinds), inputs), kinds


def chosen(rng: random.Random, names: list[str]) -> list[str]:
    return rng.sample(names, min(len(names), rng.choice((1, 1, 1, 2))))


if __name__ == "__main__":
    found, what = case(sys.argv[1], int(sys.argv[2]))
    print(what, found)
    print(found.run())
