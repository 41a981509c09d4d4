"""The differentiable function, and the backward pass through a graph of them.

A `Function` instance is a node of the graph: `y.creator` is the node that computed tensor `y`, and
`node.inputs` are the tensors it was computed from. The backward pass walks the nodes from the last
to the first, carrying gradients in a dictionary; nothing is stored on the tensors in between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minicnn._arrays import added
from minicnn.tensor import Tensor


class _Mode(threading.local):
    recording = True  # each thread begins with this value


_mode = _Mode()

# Overflow, 1 / 0 and inf - inf give inf and NaN by IEEE 754's rules, without NumPy's warnings.
_ieee = np.errstate(all="ignore")


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside this block (or decorated function), operations are not recorded for `backward`."""
    before, _mode.recording = _mode.recording, False
    try:
        yield
    finally:
        _mode.recording = before


@contextmanager
def enable_grad() -> Iterator[None]:
    """Inside this block, operations are recorded again, also within `no_grad`."""
    before, _mode.recording = _mode.recording, True
    try:
        yield
    finally:
        _mode.recording = before


inference_mode = no_grad  # torch's saves time beyond that; here there is none to save


class set_grad_enabled:  # noqa: N801  # torch's name
    """Say whether operations are recorded: from now on, or inside a `with` block.

    Args:
        mode: Whether they are.

    Example:
        >>> with set_grad_enabled(False):
        ...     is_grad_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        self.before, _mode.recording = _mode.recording, bool(mode)

    def __enter__(self) -> None:
        """Begin the block; the mode is set already."""

    def __exit__(self, *error: object) -> None:
        _mode.recording = self.before


def is_grad_enabled() -> bool:
    """Whether operations of this thread are being recorded."""
    return _mode.recording


class Function:
    """One application of a differentiable operation: a node of the graph.

    A subclass holds the operation's settings as attributes and defines

    - `forward(*arrays) -> array`, which may keep what `backward` needs on `self`;
    - `backward(grad_y) -> tuple`, one gradient for each input, in order. It may return None for an
      input with `self.needs_grad[i]` false, never writes to `grad_y`, and may return `grad_y`
      itself or a view of it.

    With `takes_pending`, `backward(grad_y, pending)` also adds what is known already of the first
    input's gradient, from other operations that used it: in the same pass over memory.
    """

    takes_pending = False

    inputs: tuple[Tensor, ...]  # gone once `release` was called
    needs_grad: tuple[bool, ...]

    @_ieee
    def __call__(self, *inputs: Tensor) -> Tensor:
        self.needs_grad = needs_grad = tuple([t.requires_grad for t in inputs])
        y = Tensor.of_array(self.forward(*[t.data for t in inputs]))
        if True in needs_grad and _mode.recording:
            self.inputs = inputs
            y.requires_grad, y.creator = True, self
        return y

    def release(self) -> None:
        """Forget the inputs and all that `forward` kept, so that their memory is free again."""
        self.__dict__.clear()

    def forward(self, *arrays: Any) -> Any:
        """Return the result, and keep what `backward` needs on `self`."""
        raise NotImplementedError

    def backward(self, grad_y: Any) -> tuple[Any, ...]:
        """Return the gradient for each input, given that of the result."""
        raise NotImplementedError


def nodes_before(root: Function) -> list[Function]:
    """Return the nodes that `root` depends on and `root` itself, inputs before outputs.

    Iterative, so that a deep graph cannot exhaust Python's recursion limit.
    """
    order: list[Function] = []
    seen = {root}
    stack: list[tuple[Function, Iterator[Tensor]]] = [(root, iter(_inputs(root)))]
    while stack:
        node, remaining = stack[-1]
        for parent in remaining:
            creator = parent.creator
            if creator is not None and creator not in seen:
                seen.add(creator)
                stack.append((creator, iter(_inputs(creator))))
                break
        else:
            order.append(node)
            stack.pop()
    return order


def _inputs(node: Function) -> tuple[Tensor, ...]:
    try:
        return node.inputs
    except AttributeError:
        raise RuntimeError(
            f"backward: a backward pass went through this graph before and freed what"
            f" {type(node).__name__} had kept; call the first one with retain_graph=True"
        ) from None


@_ieee
def backward(root: Tensor, grad: np.ndarray, retain_graph: bool = False) -> None:
    """Add dL/dt to `t.grad` for each leaf `t` that `root` depends on, given dL/d(root) = `grad`.

    Each node's memory is free again as soon as its gradients are known, unless `retain_graph`.
    """
    if root.creator is None:
        _add_to_leaf(root, grad, shared=True)
        return
    grads: dict[Function, np.ndarray] = {root.creator: grad}
    for node in reversed(nodes_before(root.creator)):
        grad_y, inputs = grads.pop(node), _inputs(node)
        first = inputs[0].creator
        if node.takes_pending and first is not None and first in grads:
            grads_x = node.backward(grad_y, grads.pop(first))  # type: ignore[call-arg]
        else:
            grads_x = node.backward(grad_y)
        for parent, grad_x in zip(inputs, grads_x):
            if not parent.requires_grad:
                continue
            creator = parent.creator
            if creator is None:
                # neither a view of another array nor one that several parents get may become .grad
                shared = grad_x is grad_y or isinstance(grad_x.base, np.ndarray)
                _add_to_leaf(parent, grad_x, shared)
            elif creator in grads:
                grads[creator] = added(grads[creator], grad_x)
            else:
                grads[creator] = grad_x
        if not retain_graph:
            node.release()


def _add_to_leaf(leaf: Tensor, grad: np.ndarray, shared: bool) -> None:
    if leaf.grad is None:  # an array even of shape (), where NumPy's arithmetic gives scalars
        leaf.grad = np.array(grad, order="C") if shared else np.asarray(grad)
    else:
        leaf.grad = np.asarray(added(leaf.grad, grad))
