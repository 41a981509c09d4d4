"""Errors name the operation and the argument, what was expected and what was got, in these words.

golden_messages.txt has a call in one line and what it raises in the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minicnn import nn, ops, optim
from minicnn.nn import functional as F

LINES = (Path(__file__).parent / "golden_messages.txt").read_text().splitlines()
CALLS = dict(zip(LINES[::2], [line.strip() for line in LINES[1::2]], strict=True))


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


NAMES: dict[str, Any] = dict(np=np, nn=nn, ops=ops, optim=optim, F=F, ones=ones)
NAMES["X"] = ones(2, 4, 8, 8)


def test_there_are_sixty() -> None:
    """Beside the 38 of conv2d in tests/ops/test_conv2d_errors.py."""
    assert len(CALLS) >= 60


@pytest.mark.parametrize("call", CALLS)
def test_an_error_says_what_to_mend(call: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        eval(call, NAMES)
    assert f"{type(caught.value).__name__}: {caught.value}" == CALLS[call]
    operation = call.partition("(")[0].rpartition(".")[2]
    assert str(caught.value).startswith(f"{operation}: ")
