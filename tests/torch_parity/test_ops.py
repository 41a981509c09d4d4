"""Every operation against PyTorch in float64: results and all gradients, 300 random configurations.

`make test-torch` installs torch 2.13.0 and sets MINICNN_TEST_TORCH; skipped elsewhere.
"""

from __future__ import annotations

import os
import warnings

import pytest

from tests.machine import SCALE
from tests.torch_parity.draw import SAMPLERS
from tests.torch_parity.run import Minicnn, differences, results

if "MINICNN_TEST_TORCH" not in os.environ:
    pytest.skip("minutes of comparison with torch: make test-torch", allow_module_level=True)

from tests.torch_parity.torch_library import Torch

CONFIGURATIONS = round(300 * SCALE)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_results_and_gradients_agree(name: str) -> None:
    failures = []
    for seed in range(CONFIGURATIONS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about its own future
            expected = results(Torch(), name, seed)
        lines = differences(results(Minicnn(), name, seed), expected, name)
        failures += [f"seed {seed}: {line}" for line in lines]
    assert not failures, "\n".join([f"{len(failures)} differences", *failures[:10]])
