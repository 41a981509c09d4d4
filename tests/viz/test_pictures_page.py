"""docs/pictures.md: its code runs, and it names every function of minicnn.viz."""

from __future__ import annotations

import re
from pathlib import Path

from minicnn import filters, viz

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pictures.md"


def test_its_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.S)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), {})
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"kernels.png", "maps.png", "graph.svg"}


def test_it_names_everything():
    text = PAGE.read_text()
    assert not [name for name in viz.__all__ if name != "Graph" and f"viz.{name}`" not in text]
    assert not [edges for edges in filters.EDGES if f'`"{edges}"`' not in text]
