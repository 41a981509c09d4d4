"""Every public operation keeps the promises that all operations share."""

from __future__ import annotations

from functools import partial

import pytest

from minicnn.testing import check_op
from tests.machine import scaled
from tests.promises import table
from tests.torch_parity.draw import SAMPLERS

CASES = {  # of each operation: in the quick tier, and at most in the long one
    "gradient": (50, 400),
    "linearity": (4, 80),
    "layouts": (2, 40),
    "dtypes": (1, 20),
    "empty batch": (4, 80),
    "threads": (8, 80),  # some 130 operations: more than 1,000
    "repeatable": (1, 20),
}


CALLS = [(name, check) for name in table.OPERATIONS for check in CASES]
CALLS.remove(("ops.to", "dtypes"))  # a cast is what it is for


def test_every_operation_has_samples() -> None:
    """A new operation's arguments are drawn in tests/torch_parity/, and it is held to all here."""
    assert not set(table.OPERATIONS) - set(SAMPLERS)


@pytest.mark.parametrize(("name", "check"), CALLS)
def test_an_operation_keeps_its_promises(name: str, check: str) -> None:
    check_op(
        table.operation(name),
        partial(table.sample, name),
        linear=name in table.LINEAR,
        differentiable=name not in table.NO_GRADIENT,
        view=name in table.VIEWS,
        batch=table.batch(name),
        checks=[check],
        cases=scaled(*CASES[check]),
    )
