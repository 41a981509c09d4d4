"""Every layer keeps the promises that all layers share."""

from __future__ import annotations

import pytest

from minicnn import nn
from minicnn.testing import check_module
from tests.machine import scaled
from tests.promises.layers import CONTAINERS, LAYERS, VIEWS
from tests.torch_parity.draw import Draw

CASES = {  # of each layer: in the quick tier, and at most in the long one
    "gradient": (50, 100),
    "layouts": (1, 20),
    "dtypes": (1, 20),
    "empty batch": (2, 40),
    "threads": (1, 20),
    "repeatable": (1, 20),
    "state_dict": (1, 20),
    "copy": (1, 20),
    "parameters": (1, 20),
    "evaluation": (1, 20),
}


def test_every_layer_has_samples() -> None:
    """A new layer enters tests/promises/layers.py, and so is held to all that stands here."""
    assert set(nn.__all__) - CONTAINERS == set(LAYERS)


@pytest.mark.parametrize("check", CASES)
@pytest.mark.parametrize("name", sorted(LAYERS))
def test_a_layer_keeps_its_promises(name: str, check: str) -> None:
    for seed in range(scaled(*CASES[check])):
        layer = LAYERS[name](Draw(seed))
        check_module(
            layer.make,
            lambda rng, args=layer.args: args,
            batch=layer.batch,
            view=name in VIEWS,
            checks=[check],
            cases=1,
            seed=seed,
        )
