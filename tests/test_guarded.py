"""No kernel reads or writes outside of the arrays it was given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_kernels_touch_nothing_outside_of_their_arrays():
    """In a process of its own, which a touch of a forbidden page ends (see guarded_kernels.py)."""
    command = [sys.executable, "-m", "tests.guarded_kernels"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.endswith("kernels stayed inside of their arrays\n")
