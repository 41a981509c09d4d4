"""Every layer keeps the promises that all layers share."""

from __future__ import annotations

import pytest

from minicnn import nn
from minicnn.testing import check_module
from tests.machine import SCALE
from tests.promises.layers import CONTAINERS, LAYERS, VIEWS
from tests.torch_parity.draw import Draw

CASES = {  # of each layer, times MINICNN_TEST_SCALE
    "gradient": 5,
    "layouts": 1,
    "dtypes": 1,
    "empty batch": 2,
    "threads": 1,
    "repeatable": 1,
    "state_dict": 1,
    "copy": 1,
    "parameters": 1,
    "evaluation": 1,
}


def test_every_layer_has_samples() -> None:
    """A new layer enters tests/promises/layers.py, and so is held to all that stands here."""
    assert set(nn.__all__) - CONTAINERS == set(LAYERS)


@pytest.mark.parametrize("check", CASES)
@pytest.mark.parametrize("name", sorted(LAYERS))
def test_a_layer_keeps_its_promises(name: str, check: str) -> None:
    for seed in range(max(1, round(CASES[check] * SCALE))):
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
