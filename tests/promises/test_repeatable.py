"""The same bits for any number of threads, in any run, whatever PYTHONHASHSEED."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.machine import using_threads
from tests.promises.trained import all_operations, weights_after_training


def test_weights_after_200_steps_are_the_same_for_1_to_7_threads() -> None:
    digests = set()
    for threads in range(1, 8):
        with using_threads(threads):
            digests.add(weights_after_training())
    assert len(digests) == 1


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_every_run_gives_the_same_bits(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "MINICNN_NUM_THREADS": "2"}
    printed = subprocess.run(
        [sys.executable, "-m", "tests.promises.trained"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    ).stdout
    with using_threads(1):
        assert printed.split() == [weights_after_training(), all_operations()]
