"""The frame around the gallery's scripts: what a script is, how one is drawn, and their page.

A script is a file of this folder whose name does not begin with an underscore. Its docstring is

    Title of the picture.

    What there is to see, for somebody who has not read the code.

    Alt: The picture in one sentence, for somebody who cannot see it.

and its function `draw()` returns a matplotlib Figure, or what has a method `save(path)` for an SVG
file if the script says `KIND = "svg"`. It may say `NEEDS = "mnist"`, a folder below
the one that MINICNN_DATA names, without which it is left out, and `SLOW = True` if it takes more
than about two seconds. The first word of its file's name puts it into a section of the page.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RUNS = FOLDER.parents[1] / "runs"
SECTIONS = {  # by the first word of a script's name, in the order of the page
    "filters": "Filters on a photo",
    "train": "Training",
    "net": "Inside a network",
    "look": "What a network looks at",
    "attack": "Adversarial examples",
}


@dataclass(frozen=True)
class Script:
    """One picture's script: its file, and what it says about itself."""

    path: Path
    title: str
    caption: str
    alt: str
    needs: str = ""
    slow: bool = False
    kind: str = "png"

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def picture(self) -> str:
        return f"{self.name}.{self.kind}"

    @property
    def section(self) -> str:
        return SECTIONS[self.name.partition("_")[0]]

    def missing(self) -> str:
        """Return why it cannot be drawn here; "" if it can."""
        data = os.environ.get("MINICNN_DATA", "")
        if not self.needs or (data and (Path(data) / self.needs).is_dir()):
            return ""
        return f"needs the folder {self.needs} below the one that MINICNN_DATA names"

    def draw(self) -> Any:
        """Import the script and return its figure."""
        if str(FOLDER) not in sys.path:  # scripts import their helpers by plain names
            sys.path.insert(0, str(FOLDER))
        spec = importlib.util.spec_from_file_location(f"gallery_{self.name}", self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.draw()


def read(path: Path) -> Script:
    """Return what a script says about itself, without running it.

    Raises:
        ValueError: If its docstring is not as this module says, or its name begins no section.
    """
    tree = ast.parse(path.read_text())
    text = ast.get_docstring(tree) or ""
    parts = re.fullmatch(r"(?P<title>.+)\.\n\n(?P<caption>.+?)\n\nAlt: (?P<alt>.+)", text, re.S)
    if parts is None or "\n" in parts["title"]:
        raise ValueError(f"{path.name}: the docstring must have a title, a caption and 'Alt: ...'")
    if path.stem.partition("_")[0] not in SECTIONS:
        raise ValueError(f"{path.name}: the name must begin with one of {', '.join(SECTIONS)}")
    says: dict[str, Any] = {
        node.targets[0].id.lower(): ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("NEEDS", "SLOW", "KIND")
    }
    title, caption, alt = (
        parts[k] if k == "caption" else " ".join(parts[k].split()) for k in parts.groupdict()
    )
    return Script(path, title, caption, alt, **says)


def scripts() -> list[Script]:
    """Return all scripts in the order of the page."""
    found = [read(p) for p in sorted(FOLDER.glob("*.py")) if not p.name.startswith("_")]
    order = list(SECTIONS.values())
    return sorted(found, key=lambda script: order.index(script.section))


def write(script: Script, folder: Path) -> Path:
    """Draw a script's picture into a file of this folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path, drawn = folder / script.picture, script.draw()
    if script.kind == "svg":
        drawn.save(path)
    else:
        drawn.savefig(path, dpi=150)
    return path


def main(file: str) -> None:
    """Draw one script that was started by itself."""
    script = read(Path(file).resolve())
    if script.missing():
        raise SystemExit(f"{script.name} {script.missing()}")
    print(write(script, RUNS / "gallery"))
