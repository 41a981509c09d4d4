"""Activation layers that test_layers.py does not draw: their printed form and their function."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.nn import functional as F


@pytest.mark.parametrize(
    ("layer", "text", "function"),
    [
        (nn.SELU(), "SELU()", F.selu),
        (nn.ReLU6(), "ReLU6()", F.relu6),
        (nn.ReLU6(inplace=True), "ReLU6(inplace=True)", F.relu6),
        (nn.Hardswish(), "Hardswish()", F.hardswish),
        (nn.Hardtanh(), "Hardtanh(min_val=-1.0, max_val=1.0)", F.hardtanh),
        (nn.Hardtanh(-2, 3), "Hardtanh(min_val=-2, max_val=3)", lambda x: F.hardtanh(x, -2, 3)),
        (nn.GLU(0), "GLU(dim=0)", lambda x: F.glu(x, 0)),
    ],
)
def test_layers_call_the_function_they_are_named_after(layer, text, function) -> None:  # type: ignore[no-untyped-def]
    assert repr(layer) == text
    x = 4 * np.random.default_rng(0).normal(size=(4, 6))
    np.testing.assert_array_equal(layer(x).data, function(x).data)


def test_bounds_are_checked_when_the_layer_is_made() -> None:
    with pytest.raises(ValueError, match="Hardtanh: min_val must be below max_val, got 2 and 1"):
        nn.Hardtanh(2, 1)
