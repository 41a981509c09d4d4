"""Reading the pages of the microscope back: what stands in them, as arrays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np


class Page:
    """The data of a page: its arrays by name, its chapters and its code."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        found = re.findall(r'<script type="application/json" id="trace">(.*?)</script>', self.text)
        assert len(found) == 1
        self.data: dict[str, Any] = json.loads(found[0])
        self.arrays = {name: _array(**a) for name, a in self.data["arrays"].items()}
        self.chapters = {chapter["title"]: chapter for chapter in self.data["chapters"]}
        self.steps = [step for chapter in self.data["chapters"] for step in chapter["steps"]]

    def shown(self, figure: dict[str, Any]) -> np.ndarray:
        """The cells of a drawing, as script.js looks them up: by their flat indices."""
        rows, columns = figure["shape"]
        down, along = figure.get("strides", (columns, 1))
        places = figure["start"] + down * np.arange(rows)[:, None] + along * np.arange(columns)
        return self.arrays[figure["array"]].ravel()[places]


def _array(dtype: str, shape: list[int], values: list[Any]) -> np.ndarray:
    if dtype.startswith("float"):
        values = [float(value) for value in values]  # strings too: nan, inf, -0.0
    return np.array(values, dtype).reshape(shape)


def bits(array: np.ndarray) -> np.ndarray:
    """The bits of an array of floats; one pattern for every NaN, whose payload no page keeps."""
    array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.view({4: np.uint32, 8: np.uint64}[array.itemsize])


def assert_same_bits(got: np.ndarray, expected: np.ndarray) -> None:
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(bits(got), bits(expected.reshape(got.shape)))
