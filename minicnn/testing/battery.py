"""The checks that `check_op` and `check_module` run; each raises AssertionError for one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from minicnn.config import get_num_threads, set_num_threads
from minicnn.tensor import Tensor
from minicnn.testing.calls import Buffer, Call, Results, array_of, is_variable, same_bits
from minicnn.testing.gradcheck import gradcheck
from minicnn.testing.layouts import CHANGES_VALUES, LAYOUTS, NOT_WRITEABLE, plain

THREADS = (1, 2, 3, 4, 7)  # more than the cores of a small machine, and uneven shares
ENOUGH = 40_000  # numbers in an argument that several threads share


@dataclass(frozen=True)
class Traits:
    """What a function is, as far as the checks must know it."""

    linear: bool = False  # in each of its variables, plus a constant
    differentiable: bool = True
    view: bool = False  # results may share memory with arguments
    batch: Callable[[Call], tuple[str, ...]] = lambda call: ("0",)  # whose first axis is the batch


def gradient(call: Call, traits: Traits) -> None:
    """Gradients are the central differences of float64 results."""
    call = call.in_dtype(np.float64)
    leaves = call.leaves()
    names = [path for path, leaf in leaves.items() if is_variable(leaf)]

    def function(*variables: Tensor) -> list[Tensor]:
        tensors = {path: Tensor(array_of(leaf).copy()) for path, leaf in leaves.items()}
        return call.outputs(tensors | dict(zip(names, variables)))

    inputs = tuple([Tensor(leaves[name], requires_grad=True) for name in names])
    if not traits.differentiable:
        found = [y for y in function(*inputs) if y.requires_grad]
        assert not found, "a result has a gradient, though the function was said to have none"
        return
    # Differences of a linear function are exact for any step; large ones lose the fewest digits.
    eps, atol, rtol = (1e-2, 1e-9, 1e-7) if traits.linear else (1e-6, 1e-7, 1e-5)
    gradcheck(function, inputs, seed=call.seed, eps=eps, atol=atol, rtol=rtol)


def linearity(call: Call, traits: Traits) -> None:
    """f(x + s d) - f(0) = (f(x) - f(0)) + s (f(d) - f(0)), and backward is the adjoint of that."""
    if not traits.linear:
        return
    call = call.in_dtype(np.float64)
    rng = np.random.Generator(np.random.Philox([call.seed, 1]))
    gradients = call.run()
    for path, leaf in call.leaves().items():
        if not is_variable(leaf):
            continue
        direction = np.asarray(rng.standard_normal(leaf.shape))
        at_zero, at_x, at_d, at_sum = (
            _value(call, path, x) for x in (0 * leaf, leaf, direction, leaf - 2.5 * direction)
        )
        for zero, x, d, both in zip(at_zero, at_x, at_d, at_sum):
            wanted = (x - zero) - 2.5 * (d - zero)
            scale = max([float(np.abs(a).max(initial=0)) for a in (zero, x, d, both)])
            worst = float(np.abs((both - zero) - wanted).max(initial=0))
            assert worst <= 1e-12 * scale, f"not linear in {path}: {worst:.3g} off {scale:.3g}"
        weights = call.weights([Tensor(a) for a in at_zero])
        pairs = [(v, d - zero) for v, d, zero in zip(weights, at_d, at_zero)]
        forward = sum([float((v * d).sum()) for v, d in pairs])
        grad = gradients[f"gradient of {path}"]
        back = float((grad * direction).sum())
        size = sum([float(np.abs(v * d).sum()) for v, d in pairs]) + _norms(grad, direction)
        assert abs(forward - back) <= 1e-12 * size, (
            f"not the adjoint in {path}: <f(d) - f(0), v> = {forward:.17g}, <d, grad> = {back:.17g}"
        )


def _value(call: Call, path: str, array: np.ndarray) -> list[np.ndarray]:
    """Return the floating-point results for another array in one place."""
    moved = call.changed(lambda p, a: array if p == path else a.copy())
    tensors = {p: Tensor(array_of(leaf)) for p, leaf in moved.leaves().items()}
    return [y.data for y in moved.outputs(tensors) if y.dtype.kind == "f"]


def _norms(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt((a * a).sum() * (b * b).sum()))


def layouts(call: Call, traits: Traits) -> None:
    """Arrays of any layout give the bits of their contiguous copies, and stay as they are."""
    call = call.in_dtype(np.float32 if call.seed % 2 else np.float64)
    usual = _run_plain(call)
    for name in LAYOUTS:
        try:
            _check_layout(name, call, usual, traits)
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error


def _run_plain(call: Call) -> Results:
    return call.changed(lambda _, a: plain(a)).run()


def _check_layout(name: str, call: Call, usual: Results, traits: Traits) -> None:
    layout = LAYOUTS[name]
    as_is = set()  # buffers, where the layout is one that cannot be written to
    if name in NOT_WRITEABLE:
        as_is = {path for path, leaf in call.leaves().items() if isinstance(leaf, Buffer)}
    call = call.changed(lambda path, a: a.copy() if path in as_is else layout(a))
    expected = _run_plain(call) if name == CHANGES_VALUES else usual
    leaves = call.leaves()
    before = {path: array_of(leaf).tobytes() for path, leaf in leaves.items()}
    got = call.run(lambda grad: grad if name == CHANGES_VALUES else layout(grad))
    own = [name for name in got if not name.startswith("buffer")]
    for key in own:
        assert type(got[key]) is np.ndarray, f"{key} is a {type(got[key]).__name__}"
        assert traits.view or got[key].dtype.isnative, f"{key} has the foreign byte order"
    same_bits({key: plain(array) for key, array in got.items()}, expected)
    for path, leaf in leaves.items():
        if isinstance(leaf, Buffer):
            continue
        assert array_of(leaf).tobytes() == before[path], f"argument {path} was written to"
        shared = [key for key in own if np.shares_memory(got[key], leaf)]
        allowed = [key for key in shared if traits.view and key.startswith("result")]
        assert shared == allowed, f"{shared} share memory with argument {path}"


def dtypes(call: Call, traits: Traits) -> None:
    """Half and extended precision are refused by name, or kept: never silently cast."""
    for dtype in (np.dtype(np.float16), np.dtype(np.longdouble)):
        try:
            got = call.in_dtype(dtype).run()
        except TypeError as error:
            if str(dtype) not in str(error):
                raise AssertionError(f"a TypeError does not name {dtype}: {error}") from error
            continue
        cast = [f"{n} is {a.dtype}" for n, a in got.items() if a.dtype not in (dtype, *WHOLE)]
        assert not cast, f"{dtype} was accepted, but {', '.join(cast)}"


WHOLE = (np.dtype(np.int64), np.dtype(np.bool_))  # dtypes of indices and of comparisons


def batched(call: Call, traits: Traits) -> dict[str, np.ndarray]:
    """Return the arrays whose first axis is the batch, by path."""
    names = traits.batch(call)
    leaves = call.leaves().items()
    return {path: array_of(leaf) for path, leaf in leaves if path.partition(".")[0] in names}


def empty_batch(call: Call, traits: Traits) -> None:
    """A batch of none gives results of none, and gradients of zero for all else."""
    call = call.in_dtype(np.float32)
    samples = batched(call, traits)
    if not samples:
        return
    sizes = {len(array) for array in samples.values()}
    full = call.in_dtype(np.float32).run()
    got = call.changed(lambda path, a: a[:0].copy() if path in samples else a).run()
    for name, array in full.items():
        kind, _, path = name.rpartition(" ")
        empty = got[name]
        rows = len(array) if array.ndim else None
        assert empty.dtype == array.dtype, f"{name}: dtype {empty.dtype}, else {array.dtype}"
        if kind == "result" and rows not in sizes:
            continue
        whole = kind != "result" and path not in samples
        shape = array.shape if whole else (0, *array.shape[1:])
        assert empty.shape == shape, f"{name}: shape {empty.shape}, expected {shape}"
        if kind == "gradient of" and whole:
            assert not empty.any(), f"{name}: not 0, though there was no sample"


def threads(call: Call, traits: Traits) -> None:
    """The same bits for 1, 2, 3, 4 and 7 threads."""
    call = enlarged(call.in_dtype(np.float32), traits)
    with using_threads(1):
        expected = call.in_dtype(np.float32).run()
    for count in THREADS[1:]:
        with using_threads(count):
            got = call.in_dtype(np.float32).run()
        try:
            same_bits(got, expected)
        except AssertionError as error:
            raise AssertionError(f"{count} threads, not 1: {error}") from None


def enlarged(call: Call, traits: Traits) -> Call:
    """Return the call with so many samples that several threads share the work."""
    samples = batched(call, traits)
    largest = max([array.size for array in samples.values()], default=1)
    times = ENOUGH // max(1, largest) + 1 + call.seed % 5
    rng = np.random.Generator(np.random.Philox([call.seed, 2]))

    def repeat(path: str, a: np.ndarray) -> np.ndarray:
        if path not in samples:
            return a
        many = np.concatenate([a] * times)
        return many * rng.uniform(0.5, 1, many.shape).astype(a.dtype) if is_variable(a) else many

    return call.changed(repeat)


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    before = get_num_threads()
    set_num_threads(count)
    try:
        yield
    finally:
        set_num_threads(before)


def repeatable(call: Call, traits: Traits) -> None:
    """The same call gives the same bits again."""
    same_bits(call.in_dtype(np.float32).run(), call.in_dtype(np.float32).run())


Check = Callable[[Call, Traits], None]
CHECKS: dict[str, Check] = {
    "gradient": gradient,
    "linearity": linearity,
    "layouts": layouts,
    "dtypes": dtypes,
    "empty batch": empty_batch,
    "threads": threads,
    "repeatable": repeatable,
}
