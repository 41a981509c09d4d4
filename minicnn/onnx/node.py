"""A node of an ONNX graph as the readers see it, and the step of the network they make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn.nn.module import Module
from minicnn.tensor import Tensor

Run = Callable[[Module, list[Tensor]], Sequence[Tensor]]


class Step(NamedTuple):
    """What the network does for one node.

    Attributes:
        op, name: The node's.
        inputs: Names of the values it reads when it runs, in the order of `run`'s list.
        outputs: Names of its results.
        run: From the network, for its mode, and the values, to the results.
        buffers: Those of `inputs` that are not learned.
    """

    op: str
    name: str
    inputs: list[str]
    outputs: list[str]
    run: Run
    buffers: tuple[str, ...] = ()


class Node:
    """A node with its attributes, and the constants it may ask for while it is read."""

    def __init__(
        self,
        op: str,
        name: str,
        inputs: list[str],
        outputs: list[str],
        attributes: dict[str, Any],
        constants: dict[str, np.ndarray],
    ) -> None:
        self.op, self.name, self.inputs, self.outputs = op, name, inputs, outputs
        self.attributes, self.constants = attributes, constants
        self.asked: set[str] = set()

    def _attribute(self, name: str, default: Any, kinds: type | tuple[type, ...]) -> Any:
        self.asked.add(name)
        value = self.attributes.get(name, default)
        if value is not default and not isinstance(value, kinds):
            raise ValueError(f"attribute {name} has an unexpected type: {value!r}")
        if value is None:
            raise ValueError(f"attribute {name} is missing")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an attribute of one integer; without a default it must be there."""
        return int(self._attribute(name, default, int))

    def real(self, name: str, default: float | None = None) -> float:
        """Return an attribute of one real number.

        A file holds it as a float32. Of all numbers that become this float32, the one meant is the
        one with the fewest decimals: 0.001, not 0.0010000000474974513.
        """
        return float(str(np.float32(self._attribute(name, default, float))))

    def text(self, name: str, default: str) -> str:
        return str(self._attribute(name, default, str))

    def ints(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        value = self._attribute(name, default, list)
        return tuple([int(n) for n in value])

    def has(self, position: int) -> bool:
        """Whether there is an input at this position; "" stands for one that is left out."""
        return len(self.inputs) > position and self.inputs[position] != ""

    def constant(self, position: int) -> np.ndarray:
        """Return the values of an input that must be known before the network runs."""
        name = self.inputs[position] if self.has(position) else ""
        if name not in self.constants:
            raise ValueError(f"input {position} must be a constant")
        return self.constants[name]

    def integers(self, position: int) -> tuple[int, ...]:
        """Return a constant input of integers along one axis."""
        array = self.constant(position)
        if array.dtype.kind != "i" or array.ndim > 1:
            raise ValueError(f"input {position} must hold integers along one axis")
        return tuple([int(n) for n in array.reshape(-1)])

    def number(self, position: int, default: float | None) -> float | None:
        """Return a constant input of one number."""
        if not self.has(position):
            return default
        array = self.constant(position)
        if array.size != 1:
            raise ValueError(f"input {position} must be one number, got shape {array.shape}")
        return float(array.reshape(())[()])

    def step(self, function: Callable[..., Any], inputs: int, at_least: int | None = None) -> Step:
        """Return the step that calls `function` on the first inputs, for one result."""
        return self.step_in(lambda network, *values: function(*values), inputs, at_least)

    def step_in(
        self, function: Callable[..., Any], inputs: int, at_least: int | None = None, **more: Any
    ) -> Step:
        """The same for a function whose first argument is the network."""
        names = [name for name in self.inputs[:inputs] if name]
        if len(names) < (inputs if at_least is None else at_least):
            raise ValueError(f"needs {inputs} inputs, got {self.inputs}")
        if len(self.outputs) != 1:
            raise ValueError(f"one output is expected, got {self.outputs}")
        run: Run = lambda network, values: [function(network, *values)]  # noqa: E731
        return Step(self.op, self.name, names, self.outputs, run, **more)


READERS: dict[str, Callable[[Node], Step]] = {}


def reads(*ops: str) -> Callable[[Callable[[Node], Step]], Callable[[Node], Step]]:
    """Enter the decorated function into the table under these types of nodes."""

    def enter(reader: Callable[[Node], Step]) -> Callable[[Node], Step]:
        READERS.update(dict.fromkeys(ops, reader))
        return reader

    return enter
