"""What a page shows, as plain data: script.js draws it and computes nothing."""

from __future__ import annotations

import hashlib
import html
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minicnn._atomic import atomic_write
from minicnn.microscope._sources import Excerpt

FOLDER = Path(__file__).parent
Data = dict[str, Any]  # what becomes an object of JSON


@dataclass
class Chapter:
    """Steps that belong together, and the lines of the kernels that do them."""

    title: str
    why: str
    code: list[Excerpt]
    steps: list[Data] = field(default_factory=list)

    def add(self, text: str, figures: list[Data], value: Any = None, terms: Any = None) -> None:
        """Append a step: a sentence, what to draw, a result (array, index), a table of terms."""
        step: Data = {"text": text, "figures": figures}
        if value is not None:
            step["value"] = value
        if terms is not None:
            step["terms"] = terms
        self.steps.append(step)


def figure(array: str, start: int, shape: tuple[int, int], caption: str, **more: Any) -> Data:
    """Return a drawing of `shape` cells of an array, from the flat index `start`, row by row.

    Keyword Args:
        strides: Flat indices from one row and one column to the next; (columns, 1) if left out.
        margin: Rows and columns of zero padding (top, bottom, left, right).
        padding: What stands in the margin; nothing if left out.
        marks: Names and lists of cells (numbered row by row, the margin included): "read",
            "write" or "winner", the later ones on top.
        numbered: The kind of mark whose cells get small numbers, in their order.
        known: How many cells have been computed so far; all if left out.
        names: Names of the labels that rows and columns have.
        number: The first of those numbers; 0 if left out.
        lanes: Cells of a row that share a register.
        borders: An array like this one, between whose different values a line is drawn.
        area: Where in a matrix product it stands: "left", "top", "result" or "corner".
    """
    return {"array": array, "start": start, "shape": shape, "caption": caption, **more}


def table(names: list[str], **columns: tuple[str, int, int]) -> Data:
    """Return a table of terms; a column holds array, first flat index, and the step to the next."""
    return {"names": names, "columns": list(columns.items())}


def encoded(array: np.ndarray) -> Data:
    """Return an array as JSON can hold it, exactly: Python writes the shortest digits of a number.

    A float32 is its own shortest digits, not those of the float64 of the same value.
    """
    kind = array.dtype.name
    flat = array.ravel()
    if kind == "float32":
        values: list[Any] = [_number(str(value)) for value in flat]
    elif kind == "float64":
        values = [_number(repr(float(value))) for value in flat]
    else:
        values = flat.tolist()
    return {"dtype": kind, "shape": list(array.shape), "values": values}


def _number(text: str) -> float | int | str:
    """Return what JSON writes as these digits; as a string what it has no number for."""
    value = float(text)
    if not np.isfinite(value) or (value == 0 and text.startswith("-")):
        return text  # "nan", "inf", "-inf", "-0.0"
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def write_page(
    path: Any,
    title: str,
    facts: list[str],
    arrays: dict[str, np.ndarray],
    labels: dict[str, tuple[str, list[str]]],
    chapters: list[Chapter],
) -> Path:
    """Write the page into one file, which asks for no other and runs no script but its own.

    `labels` holds by name what an axis counts, and the label of each place on it.
    """
    excerpts = list(dict.fromkeys(part for chapter in chapters for part in chapter.code))
    data = {
        "arrays": {name: encoded(array) for name, array in arrays.items()},
        "labels": labels,
        "code": [part.cut() for part in excerpts],
        "chapters": [
            {
                "title": chapter.title,
                "why": chapter.why,
                "code": [excerpts.index(part) for part in chapter.code],
                "steps": chapter.steps,
            }
            for chapter in chapters
            if chapter.steps
        ],
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    parts = {
        "TITLE": html.escape(title),
        "FACTS": "".join(f"<li>{html.escape(fact)}</li>" for fact in facts),
        "STYLE": _asset("style.css"),
        "SCRIPT": _asset("script.js"),
        "DATA": re.sub(r"[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text),
    }
    parts["POLICY"] = (
        f"default-src 'none'; style-src '{_hash(parts['STYLE'])}';"
        f" script-src '{_hash(parts['SCRIPT'])}'; base-uri 'none'; form-action 'none'"
    )
    page = re.sub(r"\{\{([A-Z]+)\}\}", lambda found: parts[found[1]], _asset("page.html"))
    atomic_write(path, page.encode())
    return Path(path)


def _asset(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    """Return the hash by which a content security policy lets an inline style or script pass."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
