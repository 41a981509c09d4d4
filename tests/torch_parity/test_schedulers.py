"""The rates of 300 random settings of every scheduler, against PyTorch's.

`make test-torch` installs torch 2.13.0 and sets MINICNN_TEST_TORCH; skipped elsewhere.
"""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

from tests.machine import SCALE
from tests.torch_parity.run import Minicnn
from tests.torch_parity.schedulers import SCHEDULERS, rates

if "MINICNN_TEST_TORCH" not in os.environ:
    pytest.skip("minutes of comparison with torch: make test-torch", allow_module_level=True)

from tests.torch_parity.torch_library import Torch


@pytest.mark.parametrize("name", [*SCHEDULERS, "SequentialLR", "ChainedScheduler"])
def test_rates_and_momenta_agree(name: str) -> None:
    for seed in range(round(300 * SCALE)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about its own future
            expected = rates(Torch(), name, seed)
        # up to 24 products, one after another
        np.testing.assert_allclose(
            rates(Minicnn(), name, seed), expected, rtol=1e-11, atol=1e-13, err_msg=f"seed {seed}"
        )
