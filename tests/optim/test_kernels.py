"""Every optimizer steps by one kernel call: same bits for any threads, on every instruction set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minicnn import _core, optim
from minicnn.optim import Optimizer
from minicnn.tensor import Tensor
from tests.machine import THREADS, using_threads

KINDS: list[tuple[type[Optimizer], dict[str, Any]]] = [
    (optim.SGD, dict(momentum=0.9, nesterov=True)),
    (optim.Adam, dict(amsgrad=True)),
    (optim.AdamW, {}),
    (optim.Adamax, {}),
    (optim.NAdam, dict(decoupled_weight_decay=True)),
    (optim.RMSprop, dict(centered=True, momentum=0.5)),
    (optim.Adagrad, dict(lr_decay=0.1)),
    (optim.Adadelta, {}),
]
# Below, at and above the border between two tasks of 16384 elements; rests of every vector length.
SIZES = [(1,), (3, 5), (16383,), (16384,), (3, 11003)]
every_kind = pytest.mark.parametrize(
    ("kind", "own"), KINDS, ids=lambda x: getattr(x, "__name__", "")
)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def trained(
    kind: type[Optimizer], own: dict[str, Any], dtype: str, steps: int = 3
) -> list[np.ndarray]:
    """Return parameters and state after some steps with a seeded set of gradients."""
    rng = np.random.default_rng(7)
    params = [Tensor(rng.normal(size=s).astype(dtype), requires_grad=True) for s in SIZES]
    optimizer = kind(params, lr=0.01, weight_decay=0.1, **own)  # type: ignore[call-arg]
    for _ in range(steps):
        for p in params:
            p.grad = rng.normal(size=p.shape).astype(dtype)
        optimizer.step()
    arrays = [a for s in optimizer.state.values() for a in s.values() if isinstance(a, np.ndarray)]
    return [p.data for p in params] + arrays


@every_kind
@both_dtypes
def test_bits_do_not_depend_on_threads(kind: Any, own: Any, dtype: str, target: str) -> None:
    results = []
    for threads in THREADS:
        with using_threads(threads):
            results.append(trained(kind, own, dtype))
    for other in results[1:]:
        for a, b in zip(results[0], other):
            np.testing.assert_array_equal(a, b)


@every_kind
def test_float32_is_float64_rounded(kind: Any, own: Any, target: str) -> None:
    """The formulas themselves are tested on few numbers; here, that no element is forgotten."""
    for single, double in zip(trained(kind, own, "float32"), trained(kind, own, "float64")):
        # 3 steps of some 10 roundings of numbers up to about 5; a root may double their error
        np.testing.assert_allclose(single, double, rtol=2e-5, atol=2e-5)


@every_kind
def test_a_large_parameter_steps_like_its_pieces(kind: Any, own: Any, target: str) -> None:
    """The rules know no neighbours, so a parameter of several tasks is one of many small ones."""
    rng = np.random.default_rng(7)
    size, piece = 40_003, 1_000
    values, grads = rng.normal(size=(2, 2, size)).astype(np.float32)
    large = [Tensor(values[0].copy(), requires_grad=True)]
    pieces = [
        Tensor(values[0, i : i + piece].copy(), requires_grad=True) for i in range(0, size, piece)
    ]
    for params in (large, pieces):
        optimizer = kind(params, lr=0.01, weight_decay=0.1, **own)  # type: ignore[call-arg]
        for grad in grads:
            for p, part in zip(params, np.split(grad, range(piece, size, piece))):
                p.grad = part if len(params) > 1 else grad
            optimizer.step()
    np.testing.assert_array_equal(large[0].data, np.concatenate([p.data for p in pieces]))


@every_kind
def test_a_step_of_a_group_is_one_kernel_call(kind: Any, own: Any, monkeypatch: Any) -> None:
    calls = []
    for name in [name for name in dir(_core) if name.endswith("_step")]:
        kernel = getattr(_core, name)

        def counted(*args: Any, _kernel: Any = kernel, **settings: Any) -> None:
            calls.append(len(args[0]))
            _kernel(*args, **settings)

        monkeypatch.setattr(_core, name, counted)
    trained(kind, own, "float32", steps=1)
    assert calls == [len(SIZES)]


@pytest.mark.parametrize("own", [dict(centered=True), {}])
def test_rmsprop_and_adamax_keep_a_nan(own: dict[str, Any]) -> None:
    for optimizer in (
        optim.RMSprop([p := Tensor(np.ones(40), requires_grad=True)], **own),
        optim.Adamax([q := Tensor(np.ones(40), requires_grad=True)]),
    ):
        for t in (p, q):
            t.grad = np.where(np.arange(40) % 7 == 0, np.nan, 1.0)
        optimizer.step()
    for t in (p, q):
        np.testing.assert_array_equal(np.isnan(t.data), np.arange(40) % 7 == 0)
