"""Where a training step's time goes: a table of its operations, forward, backward and update.

All operations pass through three functions: `Function.__call__`, `autograd.backward` and
`Optimizer.step`. A `profile` block replaces them by others that also look at the clock, and puts
them back at its end, so outside of such blocks nothing is slower.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from minicnn import autograd
from minicnn._profile_table import ProfileRow, Shapes, table
from minicnn.autograd import Function
from minicnn.nn.module import Module
from minicnn.ops.conv2d import Conv2d
from minicnn.ops.linear import Linear
from minicnn.ops.matmul import MatMul
from minicnn.optim.optimizer import Optimizer
from minicnn.roof import Roof, measure_roof

Key = tuple[str, str, str, Shapes]  # op, direction, layer, shapes


class _Record:
    """What is added up for one row."""

    __slots__ = ("calls", "seconds", "flops", "size")

    def __init__(self, flops: float, size: float) -> None:
        self.calls, self.seconds = 0, 0.0
        self.flops, self.size = flops, size  # of one call


class profile:  # noqa: N801 - used like a function, as `torch.profiler.profile` is
    """Time each operation inside a `with` block; printed, it is a table, the slowest first.

    Multiply-adds are counted for convolution, Linear and matrix products; all other operations are
    set against the bandwidth alone. Arrays that fit the caches move faster than memory allows, so a
    small operation may pass its roof. Operations of all threads are counted.

    Args:
        model: If given, rows are told apart by its layers, and carry their names.
        roof: The machine's limits (see `minicnn.roof`); measured at the block's end if left out.

    Attributes:
        rows: The table, a list of `ProfileRow`, after the block.
        seconds: Time of the whole block.

    Raises:
        RuntimeError: If one block begins inside another, or rows are asked for inside of one.
        TypeError: If `model` is no Module or `roof` no Roof.

    Example:
        >>> import minicnn
        >>> x = minicnn.Tensor(np.ones((2, 3), np.float32), requires_grad=True)
        >>> with minicnn.profile(roof=minicnn.roof.Roof(100.0, 10.0)) as timed:
        ...     (x * x).sum().backward()
        >>> sorted((row.op, row.direction, row.calls) for row in timed.rows)[:2]
        [('Mul', 'backward', 1), ('Mul', 'forward', 1)]
    """

    _active: ClassVar[profile | None] = None

    def __init__(self, model: Module | None = None, *, roof: Roof | None = None) -> None:
        if model is not None and not isinstance(model, Module):
            raise TypeError(f"profile: model must be a Module, got {model!r}")
        if roof is not None and not isinstance(roof, Roof):
            raise TypeError(f"profile: roof must be a Roof, got {roof!r}")
        parameters = [] if model is None else list(model.named_parameters())
        self._layers = {id(p): name.rpartition(".")[0] for name, p in parameters}
        self._roof, self.seconds = roof, 0.0
        self._records: dict[Key, _Record] = {}
        self._lock, self._local = threading.Lock(), threading.local()

    def __enter__(self) -> profile:
        if profile._active is not None:
            raise RuntimeError("profile: a block cannot begin inside another one")
        profile._active = self
        self._originals = (Function.__call__, autograd.backward, Optimizer.step)
        call, backward, step = self._originals
        # assigned through setattr: for the type checker, methods are constants
        setattr(Function, "__call__", self._timed_call(call))  # noqa: B010
        setattr(autograd, "backward", self._timed_backward(backward))  # noqa: B010
        setattr(Optimizer, "step", self._timed_step(step))  # noqa: B010
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start
        call, backward, step = self._originals
        setattr(Function, "__call__", call)  # noqa: B010
        setattr(autograd, "backward", backward)  # noqa: B010
        setattr(Optimizer, "step", step)  # noqa: B010
        profile._active = None
        self._roof = self._roof or measure_roof()

    # -- what stands in -----------------------------------------------------------------------

    def _timed_call(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(node: Function, *inputs: Any) -> Any:
            with self._timed() as own:
                y = original(node, *inputs)
            layer = next((self._layers[id(t)] for t in inputs if id(t) in self._layers), "")
            key = (
                type(node).__name__,
                "forward",
                layer,
                tuple([t.shape for t in inputs]),
            )
            arrays = [*(t.data for t in inputs), y.data]
            self._add(key, own, lambda: (_flops(node, y.shape, 1), _size(arrays)))
            if y.creator is node:
                node.backward = self._backward_of(node, key, y.shape)
            return y

        return call

    def _backward_of(self, node: Function, forward: Key, y_shape: tuple[int, ...]) -> Any:
        this = weakref.ref(node)  # a node that held itself would live until the garbage collection
        key = (forward[0], "backward", *forward[2:])

        def backward(grad_y: Any, *pending: Any) -> Any:
            node = this()
            assert node is not None  # the graph holds it while its backward runs
            if profile._active is not self:
                return type(node).backward(node, grad_y, *pending)
            with self._timed() as own:
                grads = type(node).backward(node, grad_y, *pending)
            arrays = [grad_y, *pending, *grads, *vars(node).values()]
            needed = sum(node.needs_grad[:2])
            self._add(key, own, lambda: (_flops(node, y_shape, needed), _size(arrays)))
            return grads

        return backward

    def _timed_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(root: Any, *args: Any) -> None:
            with self._timed() as own:
                original(root, *args)
            self._add(("gradients that meet", "backward", "", ()), own, lambda: (0, 0))

        return backward

    def _timed_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
            with self._timed() as own:
                result = original(optimizer, *args, **kwargs)
            params = [p for group in optimizer.param_groups for p in group["params"]]
            written = [p.data for p in params]
            for state in optimizer.state.values():
                written += [a for a in state.values() if isinstance(a, np.ndarray)]
            read = written + [p.grad for p in params]
            key = (type(optimizer).__name__, "step", "", ())
            self._add(key, own, lambda: (0, _size(read) + _size(written)))
            return result

        return step

    # -- adding up ----------------------------------------------------------------------------

    @contextmanager
    def _timed(self) -> Iterator[list[float]]:
        """Time the block; the list gets its seconds without those of blocks inside of it."""
        inner: list[float] = self._local.__dict__.setdefault("inner", [])
        inner.append(0.0)
        own: list[float] = []
        start = time.perf_counter()
        try:
            yield own
        finally:
            seconds = time.perf_counter() - start
            own.append(seconds - inner.pop())
            if inner:
                inner[-1] += seconds

    def _add(self, key: Key, own: list[float], cost: Callable[[], tuple[float, float]]) -> None:
        with self._lock:
            record = self._records.get(key)
            if record is None:  # the same operation on the same shapes costs the same again
                record = self._records[key] = _Record(*cost())
            record.calls += 1
            record.seconds += own[0]

    # -- the table ----------------------------------------------------------------------------

    @property
    def rows(self) -> list[ProfileRow]:
        """The table, the slowest first."""
        if self._roof is None:
            raise RuntimeError("profile: the rows are complete after the block, not inside of it")
        roof, total = self._roof, self.seconds
        rows = [self._row(key, record, total, roof) for key, record in self._records.items()]
        return sorted(rows, key=lambda row: -row.seconds)

    @staticmethod
    def _row(key: Key, record: _Record, total: float, roof: Roof) -> ProfileRow:
        each = max(record.seconds / record.calls, 1e-9)
        return ProfileRow(
            *key,
            record.calls,
            record.seconds,
            record.seconds / total,
            1e-9 * record.flops / each if record.flops else None,
            1e-9 * record.size / each if record.size else None,
            roof.seconds(record.flops, record.size) / each if record.size else None,
        )

    def __str__(self) -> str:
        rows = self.rows
        assert self._roof is not None  # or there were no rows to be had
        return table(rows, self.seconds, self._roof)


def _flops(node: Function, y_shape: tuple[int, ...], products: int) -> float:
    """Return the definition's operations, 2 for each multiply-add, of so many products."""
    if isinstance(node, (Conv2d, Linear)):
        return 2.0 * math.prod(y_shape) * math.prod(node.weight.shape[1:]) * products
    if isinstance(node, MatMul):
        return 2.0 * math.prod(y_shape) * node.a.shape[-1] * products
    return 0.0


def _size(values: Iterable[Any]) -> float:
    """Return the bytes of the arrays among these values, each array counted once."""
    arrays = {id(v): v.nbytes for v in values if isinstance(v, np.ndarray)}
    return float(sum(arrays.values()))
