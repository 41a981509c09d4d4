"""The example that came from torch runs with minicnn's imports, and with torch's where it is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "torch_script.py"


def with_torch_imports(text: str) -> str:
    """Replace each import of minicnn by the line that stands beside it."""
    return re.sub(r"^(?:import|from) minicnn.*?  # (.*)$", r"\1", text, flags=re.MULTILINE)


def best_accuracy(text: str, epochs: int) -> float:
    names = {"__name__": "torch_script"}
    exec(compile(text, str(SCRIPT), "exec"), names)
    names["EPOCHS"] = epochs  # type: ignore[assignment]
    return names["main"]()  # type: ignore[operator]


def test_with_minicnn_it_reaches_what_it_says() -> None:
    text = SCRIPT.read_text()
    claimed = int(re.search(r"(\d+) % of the test images", text)[1])  # type: ignore[index]
    assert best_accuracy(text, 12) >= claimed / 100


def test_only_imports_differ() -> None:
    text = SCRIPT.read_text()
    swapped = with_torch_imports(text)
    pairs = list(zip(text.splitlines(), swapped.splitlines()))
    changed = [old for old, new in pairs if old != new]
    assert len(changed) == 3
    assert all(line.startswith(("import minicnn", "from minicnn")) for line in changed)
    assert "minicnn" not in swapped.split('"""')[2]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.filterwarnings("ignore")  # torch's own
def test_with_torch_it_runs_as_well() -> None:
    assert best_accuracy(with_torch_imports(SCRIPT.read_text()), 4) > 0.9
