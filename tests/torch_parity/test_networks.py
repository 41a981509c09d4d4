"""100 random networks through 20 steps of every optimizer, against PyTorch in float64.

`make test-torch` installs torch 2.13.0 and sets MINICNN_TEST_TORCH; skipped elsewhere.
"""

from __future__ import annotations

import os

import pytest

from tests.machine import SCALE
from tests.torch_parity.networks import OPTIMIZERS, trained
from tests.torch_parity.run import Minicnn, differences

if "MINICNN_TEST_TORCH" not in os.environ:
    pytest.skip("minutes of comparison with torch: make test-torch", allow_module_level=True)

from tests.torch_parity.torch_library import Torch

NETWORKS = round(100 * SCALE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_and_losses_agree_after_20_steps(optimizer: str) -> None:
    failures = []
    for seed in range(NETWORKS):
        expected, got = (trained(library, seed, optimizer) for library in (Torch(), Minicnn()))
        failures += [f"seed {seed}: {line}" for line in differences(got, expected)]
    assert not failures, "\n".join([f"{len(failures)} differences", *failures[:10]])
