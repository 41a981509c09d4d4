"""What PyTorch computed, stored in vectors.npz: operations, and optimizers on networks."""

from __future__ import annotations

import pytest

from minicnn import Tensor, ops, optim
from minicnn.nn import functional
from tests.torch_parity.draw import SAMPLERS
from tests.torch_parity.networks import OPTIMIZERS
from tests.torch_parity.run import Minicnn, differences
from tests.torch_parity.schedulers import SCHEDULERS
from tests.torch_parity.stored import checksum, computed, entries, load

STORED = load()
REMAKE = "run `python -m tests.torch_parity.stored` with torch 2.13.0"
# Methods of Tensor that compute no numbers from numbers, or draw them, and operators of Python.
NOT_OPERATIONS = {
    "allclose", "backward", "cuda", "detach", "detach_", "dim", "equal", "is_contiguous", "item",
    "ndimension", "nelement", "normal_", "numel", "numpy", "of_array", "requires_grad_", "size",
    "tolist", "uniform_", "__array__", "__array_ufunc__", "__bool__", "__dlpack__",
    "__dlpack_device__", "__float__", "__format__", "__init__", "__int__", "__iter__", "__len__",
    "__repr__", "__hash__", "__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__",
}  # fmt: skip


def public_operations() -> set[str]:
    """Return the full names of all functions of F and ops, and of the methods of Tensor."""
    names = {f"F.{name}" for name in functional.__all__}
    names |= {f"ops.{n}" for n in ops.__all__ if f"Tensor.{n}" in SAMPLERS or f"F.{n}" not in names}
    for kind in Tensor.__mro__[:-1]:
        for name, value in vars(kind).items():
            private = name.startswith("_") and not name.startswith("__")
            if callable(value) and not private and name not in NOT_OPERATIONS:
                names.add(f"Tensor.{name}")
    return names


def test_every_public_operation_has_samples() -> None:
    without = public_operations() - set(SAMPLERS)
    assert not without, (
        f"{sorted(without)}: write what draws their arguments, in tests/torch_parity/, so that they"
        f" are compared with torch; then {REMAKE}"
    )


def test_every_optimizer_and_scheduler_is_compared() -> None:
    own = set(optim.__all__) - {"Optimizer", "ExponentialMovingAverage", "lr_scheduler"}
    assert own == set(OPTIMIZERS)
    schedulers = set(optim.lr_scheduler.__all__) - {"LRScheduler"}
    assert schedulers == {*SCHEDULERS, "SequentialLR", "ChainedScheduler"}


def test_everything_is_stored() -> None:
    assert {name for name, _ in STORED} == {name for name, _ in entries()}, REMAKE
    assert len(STORED) == len(entries())


@pytest.mark.parametrize(
    "name", sorted({f"optim.{name}" for name in OPTIMIZERS} | public_operations())
)
def test_stored_results_of_torch_are_met(name: str) -> None:
    seeds = [seed for stored, seed in STORED if stored == name]
    assert seeds, REMAKE
    for seed in seeds:
        expected = STORED[name, seed]
        inputs = {"inputs": expected["inputs"]}
        assert inputs["inputs"] == checksum(name, seed), f"the samples have changed: {REMAKE}"
        results = {key: value for key, value in expected.items() if key != "inputs"}
        assert len(results) > 0
        assert not differences(computed(Minicnn(), name, seed), results, name), f"seed {seed}"
