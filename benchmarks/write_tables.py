"""Fill in the tables of a text: run the command that each names and put its output below it.

    python benchmarks/write_tables.py README.md cpp/README.md benchmarks/README.md

A table stands between `<!-- begin: COMMAND -->` and `<!-- end -->`. A text is written only if all
of its commands succeed.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = re.compile(r"(<!-- begin: (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def output_of(command: str) -> str:
    """Run `python SCRIPT ARGUMENTS` in the project's folder and return what it prints."""
    python, *arguments = shlex.split(command)
    assert python == "python", command
    print(f"$ {command}", flush=True)
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
    )
    return run.stdout.strip()


def filled(text: str, only: str) -> str:
    def fill(match: re.Match[str]) -> str:
        begin, command, end = match.groups()
        if only not in command:
            return match.group(0)
        return f"{begin}\n`{command}`\n\n{output_of(command)}\n\n{end}"

    return TABLE.sub(fill, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("texts", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="run only commands that contain this")
    args = parser.parse_args()
    for path in args.texts:
        path.write_text(filled(path.read_text(encoding="utf-8"), args.only), encoding="utf-8")


if __name__ == "__main__":
    main()
