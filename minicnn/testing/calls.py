"""One call of a function with arrays among its arguments, and all that it computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minicnn.random import default_generator, manual_seed
from minicnn.tensor import Tensor

Results = dict[str, np.ndarray]


class Buffer:
    """An array that the function may change in place and that has no gradient."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


class Arguments:
    """The arguments of a call; its arrays of floats become tensors with a gradient.

    Example:
        >>> Arguments(np.ones((1, 1, 4, 4)), 2, stride=1).settings
        {'stride': 1}
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.args, self.settings = args, settings


def as_arguments(sample: Any) -> Arguments:
    """Return what a sampler gave: `Arguments`, a tuple of arguments, or the only argument."""
    if isinstance(sample, Arguments):
        return sample
    return Arguments(*(sample if isinstance(sample, tuple) else (sample,)))


def exchanged(value: Any, change: Callable[[str, Any], Any], path: str = "") -> Any:
    """Return `value` with each array and `Buffer` in it, named by its path, exchanged."""
    if isinstance(value, (np.ndarray, Buffer)):
        return change(path, value)
    if isinstance(value, Tensor):
        return change(path, value.data)
    start = f"{path}." if path else ""
    if isinstance(value, dict):
        return {key: exchanged(item, change, f"{start}{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([exchanged(v, change, f"{start}{i}") for i, v in enumerate(value)])
    return value


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors of a result, which may be a tuple or a dictionary of them."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside this block, what is drawn at random is what follows `manual_seed(seed)`."""
    state = default_generator.bit_generator.state
    manual_seed(seed)
    try:
        yield
    finally:
        default_generator.bit_generator.state = state


def is_variable(leaf: Any) -> bool:
    """Whether an array is one that a gradient is computed for."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"


def array_of(leaf: Any) -> np.ndarray:
    return leaf.array if isinstance(leaf, Buffer) else np.asanyarray(leaf)


@dataclass(frozen=True)
class Call:
    """A function, its arguments by name, and the seed of all that is random about the call."""

    function: Callable[..., Any]
    arguments: dict[str, Any]  # "0", "1", ... are positional; the others go by name
    seed: int

    @classmethod
    def of(cls, function: Callable[..., Any], sample: Any, seed: int) -> Call:
        given = as_arguments(sample)
        positional = {str(i): value for i, value in enumerate(given.args)}
        return cls(function, {**positional, **given.settings}, seed)

    def leaves(self) -> dict[str, Any]:
        """Return the arrays and buffers among the arguments, by the paths to them."""
        found: dict[str, Any] = {}

        def keep(path: str, leaf: Any) -> Any:
            found[path] = leaf
            return leaf

        exchanged(self.arguments, keep)
        return found

    def changed(self, change: Callable[[str, np.ndarray], np.ndarray]) -> Call:
        """Return this call with other arrays; a buffer stays one."""

        def leaf(path: str, old: Any) -> Any:
            new = change(path, array_of(old))
            return Buffer(new) if isinstance(old, Buffer) else new

        return replace(self, arguments=exchanged(self.arguments, leaf))

    def in_dtype(self, dtype: Any) -> Call:
        """Return this call with copies of its arrays, those of floats in this dtype."""
        return self.changed(
            lambda _, a: a.astype(dtype) if a.dtype.kind == "f" else np.array(a, order="C")
        )

    def outputs(self, tensors: dict[str, Tensor]) -> list[Tensor]:
        """Call the function with these tensors in the places of the arrays."""
        given = exchanged(self.arguments, lambda path, _: tensors[path])
        count = sum([name.isdecimal() for name in given])
        args = [given.pop(str(i)) for i in range(count)]
        with seeded(self.seed):
            return list(tensors_in(self.function(*args, **given)))

    def run(self, gradient: Callable[[np.ndarray], np.ndarray] = np.asarray) -> Results:
        """Return results, gradients of all variables and changed buffers, by readable names.

        The arrays are given as they are, without a copy; `gradient` may lay out dL/dy otherwise.
        """
        leaves = self.leaves()
        tensors = {p: Tensor(array_of(leaf), is_variable(leaf)) for p, leaf in leaves.items()}
        ys = self.outputs(tensors)
        found = {f"result {i}": y.data for i, y in enumerate(ys)}
        for y, weight in zip(ys, self.weights(ys)):
            if y.requires_grad:
                y.backward(gradient(weight))
        for path, leaf in leaves.items():
            tensor = tensors[path]
            if isinstance(leaf, Buffer):
                found[f"buffer {path}"] = tensor.data
            elif tensor.requires_grad:
                zero = np.zeros(tensor.shape, tensor.dtype.newbyteorder("="))
                found[f"gradient of {path}"] = zero if tensor.grad is None else tensor.grad
        return found

    def weights(self, ys: Sequence[Tensor]) -> list[np.ndarray]:
        """Draw dL/dy for each result."""
        rng = np.random.Generator(np.random.Philox(self.seed))
        dtypes = [y.dtype.newbyteorder("=") if y.dtype.kind == "f" else np.float64 for y in ys]
        return [np.asarray(rng.standard_normal(y.shape), d) for y, d in zip(ys, dtypes)]


def same_bits(got: Results, expected: Results) -> None:
    """Raise AssertionError unless all results agree in dtype, shape and every bit."""
    assert list(got) == list(expected), f"got {list(got)}, expected {list(expected)}"
    for name, want in expected.items():
        array = got[name]
        assert array.shape == want.shape, f"{name}: shape {array.shape}, expected {want.shape}"
        assert array.dtype == want.dtype, f"{name}: dtype {array.dtype}, expected {want.dtype}"
        if np.array(array, order="C").tobytes() == np.array(want, order="C").tobytes():
            continue
        different = ~((array == want) | ((array != array) & (want != want)))
        place = tuple([int(i) for i in np.argwhere(different)[0]]) if different.any() else None
        raise AssertionError(
            f"{name}: {np.count_nonzero(different)} of {want.size} values differ"
            + ("; only signs of zeros or NaNs do" if place is None else "")
            + (f", the first at {place}: {array[place]!r}, not {want[place]!r}" if place else "")
        )
