"""Puts bugs into the sources, one at a time, and shows which test catches each.

    python -m tools.drill                    # all of them; about half an hour
    python -m tools.drill winograd batch_norm   # those with such a word in area or name
    python -m tools.drill --list

Each bug is built and tested in a copy of the project (build/drill), with the instruction sets
`baseline` and `avx2` and -O1: what is drilled is the tests, not the compiler. Before, the tests
must pass without a bug; a bug that does not compile, or that keeps tests from being collected, is
an error and not a catch. A test that hangs is a catch; it is ended after --timeout seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tools.drill.bug import ROOT, Bug, all_bugs
from tools.drill.workshop import Run, Workshop

SETTINGS = {
    "MINICNN_TARGETS": "baseline;avx2",
    # the second makes one instruction of a product and a sum, which tests ask for
    "MINICNN_OPTIMIZATION": "-O1;-fexpensive-optimizations",
}


def chosen(words: list[str]) -> list[Bug]:
    """Return the bugs with one of these words in their title; all of them without words."""
    bugs = [bug for bug in all_bugs() if not words or any(word in bug.title for word in words)]
    if not bugs:
        raise SystemExit(f"drill: no bug has one of {words} in its name; see --list")
    return bugs


def check_without_bugs(workshop: Workshop, bugs: list[Bug], timeout: float) -> None:
    """Raise SystemExit unless the tests pass as they must before they can catch anything."""
    tests = tuple(dict.fromkeys(test for bug in bugs for test in bug.tests))
    run = workshop.test(tests, timeout)
    if run.outcome != "passed":
        raise SystemExit(f"drill: without a bug the tests {run.outcome}: {run.detail}")
    print(f"without a bug: {len(tests)} test files pass in {run.seconds:.0f} s", flush=True)


def drilled(workshop: Workshop, bug: Bug, timeout: float) -> Run:
    """Return what the tests make of this bug."""
    try:
        with workshop.holding(bug):
            return workshop.test(bug.tests, timeout)
    except RuntimeError as error:
        return Run("broken", str(error), 0)


def table(runs: dict[str, Run]) -> str:
    """Return the results as a table in Markdown, and the score."""
    lines = ["| bug | caught by | after |", "|---|---|---:|"]
    for title, run in runs.items():
        how = {"passed": "**nothing**", "broken": "**no test ran**"}.get(run.outcome, run.detail)
        how = f"hang, {how}" if run.outcome == "hung" else how
        lines.append(f"| {title} | {how} | {run.seconds:.1f} s |")
    caught = sum(run.caught for run in runs.values())
    return "\n".join([*lines, "", f"{caught} of {len(runs)} seeded bugs are caught."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only bugs with one of these words in their name")
    parser.add_argument("--list", action="store_true", help="print the names of the bugs and stop")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one bug's tests")
    parser.add_argument("--no-check", action="store_true", help="do not run tests without a bug")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "drill")
    parser.add_argument("--json", type=Path, help="add the results to this file")
    args = parser.parse_args()
    bugs = chosen(args.words)
    if args.list:
        print("\n".join(bug.title for bug in bugs))
        return
    workshop = Workshop(args.folder, SETTINGS)
    workshop.prepare()
    if not args.no_check:
        check_without_bugs(workshop, bugs, 10 * args.timeout)
    runs: dict[str, Run] = {}
    for bug in bugs:
        run = runs[bug.title] = drilled(workshop, bug, args.timeout)
        print(f"{run.outcome:8} {run.seconds:6.1f} s  {bug.title}  {run.detail}", flush=True)
        if args.json:
            known = json.loads(args.json.read_text()) if args.json.exists() else {}
            args.json.write_text(json.dumps(known | {bug.title: vars(run)}, indent=1) + "\n")
    print(f"\n{table(runs)}")
    sys.exit(not all(run.caught for run in runs.values()))


if __name__ == "__main__":
    main()
