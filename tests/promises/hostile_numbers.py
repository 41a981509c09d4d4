"""Calls of operations and layers with numbers that nobody would choose.

Case NUMBER of NAME (an operation of table.py, such as F.conv2d, or a layer, such as nn.Conv2d) is
the same call every time:

    python -m tests.promises.hostile_numbers NAME NUMBER

makes it and prints what came of it.
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from minicnn import nn
from minicnn.testing.calls import exchanged
from tests.promises import layers, table
from tests.torch_parity.draw import Draw

NAMES = [*table.OPERATIONS, *[f"nn.{name}" for name in layers.LAYERS]]
NUMBERS = (0, -1, 2**31 - 1, 2**31, 2**31 + 1, 2**62, 2**63 - 1)


class Case(NamedTuple):
    """A call.

    Attributes:
        function: An operation or the class of a layer.
        arguments: Of it, by name.
        changed: Those of them that have hostile numbers.
        inputs: What the layer is called with then; None for an operation.
    """

    function: Callable[..., Any]
    arguments: dict[str, Any]
    changed: frozenset[str]
    inputs: tuple[Any, ...] | None

    def run(self) -> Any:
        call = inspect.signature(self.function).bind_partial()
        call.arguments.update(self.arguments)
        made = self.function(*call.args, **call.kwargs)
        return made if self.inputs is None else made(*self.inputs)


def case(name: str, number: int) -> Case:
    """Return a right call in which one to three numbers are exchanged, defaults included."""
    rng = random.Random(f"{name} {number}")
    function, args, settings, inputs = drawn(name, rng.randrange(2**32))
    call = inspect.signature(function).bind(*args, **settings)
    call.apply_defaults()
    arguments = dict(call.arguments)
    paths = [path for key, value in arguments.items() for path in numbers_in(value, (key,))]
    chosen = rng.sample(paths, min(len(paths), rng.choice((1, 1, 2, 3))))
    for key, *below in chosen:
        number = rng.choice(NUMBERS)
        arguments[key] = with_number(arguments[key], below, number)
        if not below and rng.random() < 0.2:
            arguments[key] = (arguments[key], number)
    return Case(function, arguments, frozenset(path[0] for path in chosen), inputs)


def drawn(name: str, seed: int) -> tuple[Callable[..., Any], tuple, dict[str, Any], Any]:
    """Return a function or class, right arguments for it, and the inputs of the layer it makes."""
    if not name.startswith("nn."):
        sample = table.sample(name, np.random.default_rng(seed))
        return table.operation(name), plain(sample.args), plain(sample.settings), None
    name = name[3:]
    layer = layers.LAYERS[name](Draw(seed))
    with patch.object(nn, name) as recorder:
        layer.make()
    return getattr(nn, name), plain(recorder.call_args.args), recorder.call_args.kwargs, layer.args


def plain(value: Any) -> Any:
    """Return arguments with copies of their arrays in the places of buffers."""
    return exchanged(value, lambda path, leaf: np.array(getattr(leaf, "array", leaf)))


def numbers_in(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all numbers of an argument: itself, or in tuples; None stands for one."""
    if isinstance(value, (tuple, list)):
        for i, item in enumerate(value):
            yield from numbers_in(item, (*path, i))
    elif value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        yield path


def with_number(value: Any, path: list[Any], number: int) -> Any:
    if not path:
        return number
    parts = list(value)
    parts[path[0]] = with_number(parts[path[0]], path[1:], number)
    return type(value)(parts)


if __name__ == "__main__":
    found = case(sys.argv[1], int(sys.argv[2]))
    print(found)
    print(found.run())
