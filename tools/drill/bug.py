"""The seeded bugs: what each replaces in which file, and which tests it concerns.

They stand in `bugs/*.txt`, because code in another language reads best without quotes:

    tests: tests/ops/test_relu.py tests/ops/test_add.py     of all bugs in this file

    == relu: a gradient passes at 0                         the bug's name
    cpp/relu/vector.hpp                                     the file it is in
    - io.load(y + i) <= io.zero()                           what stands there, exactly once
    + io.load(y + i) < io.zero()                            what takes its place, perhaps nothing

White space is not compared, so a line that is wrapped or indented anew still matches. Code that
changes otherwise takes its bug with it: a test says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUGS = Path(__file__).parent / "bugs"


@dataclass(frozen=True)
class Bug:
    """One replacement, and the test files that must notice it."""

    area: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.area}: {self.name}"

    def put_into(self, text: str) -> str:
        """Return `text` with the bug; raise ValueError unless its place is there exactly once."""
        words = [re.escape(word) for word in self.old.split()]
        places = list(re.finditer(r"\s+".join(words), text))
        if len(places) != 1:
            raise ValueError(
                f"{self.title}: {self.file} must have `{self.old}` exactly once, has it"
                f" {len(places)} times"
            )
        start, end = places[0].span()
        return text[:start] + self.new + text[end:]


def parse(area: str, text: str) -> list[Bug]:
    """Read one file of bugs; raise ValueError if it is not written as described above."""
    head, *entries = re.split(r"^== ", text, flags=re.MULTILINE)
    match = re.fullmatch(r"tests: ([^\n]+)\n\s*", head)
    if match is None:
        raise ValueError(f"{area}: must begin with one line `tests: ...`, got {head!r}")
    bugs = []
    for entry in entries:
        lines = entry.rstrip().splitlines()
        if len(lines) != 4 or lines[2][:2] != "- " or lines[3][:1] != "+":
            raise ValueError(f"{area}: a bug is a name, a file, `- old` and `+ new`, got {entry!r}")
        old, new = lines[2][2:].strip(), lines[3][1:].strip()
        bugs.append(Bug(area, lines[0], lines[1], old, new, tuple(match[1].split())))
    return bugs


def all_bugs() -> list[Bug]:
    """Return every bug, area by area."""
    bugs: list[Bug] = []
    for path in sorted(BUGS.glob("*.txt")):
        bugs += parse(path.stem, path.read_text())
    return bugs
