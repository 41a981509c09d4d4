"""The benchmarks' options, tables and JSON files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument(
        "--threads", type=int, nargs="+", default=[1], help="thread counts to time"
    )
    options.add_argument("--seconds", type=float, default=0.3, help="about how long to time each")
    options.add_argument("--only", default="", help="take only shapes whose name contains this")
    options.add_argument("--json", type=Path, help="write machine, versions and all timings here")
    options.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    return options


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool) -> None:
    """Print a table; the first column is left-aligned, the others right."""
    print(f"\n{'### ' if markdown else ''}{title}\n")
    if markdown:
        print("| " + " | ".join(header) + " |")
        print("|---|" + "---:|" * (len(header) - 1))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        return
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]
        print("  ".join(cells).rstrip())


def show_machine(about: Mapping[str, Any], markdown: bool) -> None:
    """Print what a reader must know of the machine; in Markdown, folded under a line of it."""
    if not markdown:
        for name, value in about.items():
            print(f"{name:>30}: {value}")
        return
    date = str(about["time"])[:10]
    told = [about["processor"], about["instruction set"], f"commit {about['commit']}", date]
    print(f"<details><summary>{', '.join(told)}</summary>\n")
    for name, value in about.items():
        print(f"- {name}: {value}")
    print("\n</details>")


def show_line(text: str, markdown: bool) -> None:
    print(f"\n- {text}" if markdown else f"\n{text}")


def write_json(path: Path | None, about: Mapping[str, Any], results: Any) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": about, "results": results}, indent=1) + "\n")
