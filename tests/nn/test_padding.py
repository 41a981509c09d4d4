"""The padding layers against np.pad."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import nn
from tests.machine import cases

KINDS = {
    "Reflection": dict(mode="reflect"),
    "Replication": dict(mode="edge"),
    "Circular": dict(mode="wrap"),
    "Zero": dict(mode="constant"),
    "Constant": dict(mode="constant", constant_values=2.5),
}


@given(
    kind=st.sampled_from(sorted(KINDS)),
    margins=st.tuples(*[st.integers(0, 3)] * 4),
    one=st.booleans(),
    batched=st.booleans(),
    n=st.sampled_from([1, 2]),
)
@cases(100)
def test_margins_are_those_of_numpy(kind, margins, one, batched, n):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6)[-2 - n + (not batched) :])
    given_margins = margins[0] if one else margins[: 2 * n]
    left, right, top, bottom = margins[:1] * 4 if one else margins
    widths = [(0, 0)] * (x.ndim - n) + [(top, bottom), (left, right)][-n:]
    layer = getattr(nn, f"{kind}Pad{n}d")
    layer = layer(given_margins, 2.5) if kind == "Constant" else layer(given_margins)
    np.testing.assert_array_equal(layer(x).data, np.pad(x, widths, **KINDS[kind]))


def test_they_print_as_in_torch_and_check_their_margins():
    assert repr(nn.ZeroPad2d(1)) == "ZeroPad2d((1, 1, 1, 1))"
    assert repr(nn.ReflectionPad1d((2, 1))) == "ReflectionPad1d((2, 1))"
    assert repr(nn.ConstantPad1d(2, 3.5)) == "ConstantPad1d(padding=(2, 2), value=3.5)"
    with pytest.raises(ValueError, match=r"^ZeroPad2d: padding must be an int or 4 ints, got 2"):
        nn.ZeroPad2d((1, 2))
    with pytest.raises(TypeError, match=r"^CircularPad1d: padding must be an int, got 1.5"):
        nn.CircularPad1d(1.5)
    with pytest.raises(ValueError, match=r"^ReflectionPad2d: x must have 3 or 4 axes, got shape"):
        nn.ReflectionPad2d(1)(np.ones((4, 4)))
    assert nn.ZeroPad1d(-1)(np.ones((1, 5))).shape == (1, 3)
