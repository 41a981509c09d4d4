"""Reads gcov's counters, and counts code that is compiled several times once.

A header here is compiled for each instruction set, element type and size of a tile, and gcov tells
these copies apart. What a reader of the source asks is whether a test has been there at all: a line
is covered if any of its copies ran, and a branch if any of its copies took it. Copies of a branch
are those on one line of one function of the source, at one place in the order of as many branches
as their line has. (Where the compiler has decided one of a line's conditions in some copies alone,
these have fewer branches, and are counted apart. Tools that tell branches by the number that the
compiler gives to a block count almost every copy apart, since these numbers are each copy's own.)

A call that may throw ends in two branches: on, and to where the exception is caught. Neither is a
decision of the source, so both are left out; and so are lines without a word, such as a brace, at
which the compiler counts what it does for an exception that passes.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BranchKey = tuple[int, tuple[int, int], int, int]  # line, its function's start, of how many, which


@dataclass
class Counts:
    """What ran of one file: each line, and each branch."""

    lines: dict[int, bool] = field(default_factory=dict)
    branches: dict[BranchKey, bool] = field(default_factory=dict)

    def add(self, line: dict[str, Any], start: tuple[int, int]) -> None:
        """Add one copy of a line, which is part of the function that starts at (line, column)."""
        number = line["line_number"]
        self.lines[number] = self.lines.get(number, False) or line["count"] > 0
        taken = decisions(line["branches"])
        for i, branch in enumerate(taken):
            key = number, start, len(taken), i
            self.branches[key] = self.branches.get(key, False) or branch

    def unrun(self) -> list[int]:
        """Return the lines that never ran."""
        return sorted(line for line, ran in self.lines.items() if not ran)

    def untaken(self) -> list[int]:
        """Return the lines that ran, with a branch that was never taken."""
        lines = {key[0] for key, taken in self.branches.items() if not taken}
        return sorted(line for line in lines if self.lines[line])


def decisions(branches: list[dict[str, Any]]) -> list[bool]:
    """Return whether each branch was taken, without those to an exception and their partners."""
    kept: list[dict[str, Any]] = []
    partner_follows = False
    for branch in branches:
        if branch["throw"]:
            if kept and kept[-1]["fallthrough"]:
                kept.pop()
            else:
                partner_follows = True
        elif partner_follows:
            partner_follows = False
        else:
            kept.append(branch)
    return [branch["count"] > 0 for branch in kept]


def documents(build: Path) -> Iterator[dict[str, Any]]:
    """Yield gcov's report of each object file in `build`, whether it ran or not."""
    for notes in sorted(build.rglob("*.gcno")):
        command = ["gcov", "--json-format", "--stdout", "--branch-probabilities", str(notes)]
        done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def lines_of_code(path: Path) -> set[int]:
    """Return the numbers of the lines with a word before any comment."""
    code = (line.partition("//")[0] for line in path.read_text().splitlines())
    return {i for i, text in enumerate(code, 1) if any(map(str.isalnum, text))}


def counted(reports: Iterable[dict[str, Any]], folder: Path) -> dict[str, Counts]:
    """Return what ran of each file below `folder`, by its path in it.

    Raises:
        ValueError: no report has a file below `folder`.
    """
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for report in reports:
        for file in report["files"]:
            path = Path(report["current_working_directory"], file["file"]).resolve()
            if not path.is_relative_to(folder):
                continue
            code = lines_of_code(path)
            starts = {f["name"]: (f["start_line"], f["start_column"]) for f in file["functions"]}
            for line in (line for line in file["lines"] if line["line_number"] in code):
                # a function that was inlined stands in the file of its own, under its caller's name
                start = starts.get(line.get("function_name", ""), (0, 0))
                found[path.relative_to(folder).as_posix()].add(line, start)
    if not found:
        raise ValueError(f"gcov: no counts of files below {folder}")
    return dict(found)
