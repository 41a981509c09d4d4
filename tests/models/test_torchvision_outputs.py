"""The networks give what torchvision's give for the same weights and images.

The stored outputs were written by tools/torchvision_states.py from torchvision 0.29.1 in float64.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import models, nn
from tests.models.formula_weights import CASES, image, values

OUTPUTS = json.loads((Path(__file__).parent / "torchvision_outputs.json").read_text())


def test_every_case_is_stored() -> None:
    assert list(OUTPUTS) == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_outputs_are_torchvisions(case: str) -> None:
    name, settings, size, training = CASES[case]
    with nn.init.undrawn():
        model = getattr(models, name)(**settings)
    model.double().train(training)
    model.load_state_dict({k: values(k, v.shape) for k, v in model.state_dict().items()})
    with minicnn.no_grad():
        y = model(image(size))
    parts = y if isinstance(y, tuple) else (y,)
    assert len(parts) == len(OUTPUTS[case])
    for part, expected in zip(parts, OUTPUTS[case]):
        # Up to 50 layers of sums in another order, each of which rounds at 1e-16 of its terms.
        bound = 1e-12 * np.abs(expected).max()
        np.testing.assert_allclose(part.numpy(), expected, rtol=0, atol=bound)
        assert np.ptp(expected, axis=1).min() > 1e-4  # not one number for all classes
        assert np.ptp(expected, axis=0).max() > 1e-3 * np.abs(expected).max()
