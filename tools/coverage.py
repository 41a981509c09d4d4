"""Counts which lines and branches of cpp/ the tests run.

    python -m tools.coverage          # some ten minutes; needs gcc, gcov, and the extra `coverage`

A copy of the project (build/coverage) is built with -O1 and gcov's counters, for the instruction
sets `baseline` and `avx2`; then the tests of the kernels run in it. A header that
is compiled several times (for each instruction set, each element type, each size of a tile) counts
once: a line is covered if any of its copies ran, and a branch if any of its copies took it.
Branches that only an exception takes, which the compiler adds to every call, are left out
(gcovr --exclude-throw-branches), and so are those that it proves impossible.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.drill.bug import ROOT
from tools.drill.workshop import Workshop

SETTINGS = {
    "MINICNN_TARGETS": "baseline;avx2",
    "MINICNN_OPTIMIZATION": "-O1",
    "MINICNN_COVERAGE": "ON",
}
LEAST = {"line": 98.0, "branch": 90.0}  # percent
KERNEL_TESTS = (
    *(f"tests/ops/test_{name}.py" for name in (
        "add", "augment", "avg_pool2d", "batch_norm", "conv2d", "conv2d_batch_norm",
        "conv2d_errors", "conv2d_layouts", "conv2d_winograd", "cross_entropy",
        "cross_entropy_kernel", "dropout", "linear", "max_pool2d", "max_pool2d_relu", "relu",
        "softmax",
    )),
    *(f"tests/optim/test_{name}.py" for name in ("adaptive", "kernels", "updates")),
    *(f"tests/test_{name}.py" for name in (
        "buffers", "config", "gemm", "guarded", "parallel", "processes",
    )),
)  # fmt: skip
# What is asserted of the flags of the build that is installed, not of this one.
ABOUT_FLAGS = (
    "tests/test_config.py::test_show_config_prints_version_compiler_instruction_set_and_threads"
)


def counted(workshop: Workshop) -> dict[str, Any]:
    """Return gcovr's summary of the counters that the tests have left."""
    report = workshop.folder / "coverage.json"
    command = [sys.executable, "-m", "gcovr", "--root", str(workshop.folder), "--filter", "cpp/"]
    command += ["--exclude-throw-branches", "--exclude-unreachable-branches"]
    command += ["--merge-lines", "--merge-mode-functions=merge-use-line-min"]
    command += ["--json-summary", str(report), "--lcov", str(workshop.folder / "lines.info")]
    subprocess.run([*command, "build"], check=True, cwd=workshop.folder, capture_output=True)
    summary: dict[str, Any] = json.loads(report.read_text())
    return summary


def missing(workshop: Workshop) -> dict[str, tuple[list[int], list[int]]]:
    """Return the lines of each file that never ran, and those with a branch never taken."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    lines: list[int] = []
    branches: set[int] = set()
    for record in (workshop.folder / "lines.info").read_text().splitlines():
        kind, _, text = record.partition(":")
        fields = text.split(",")
        if kind == "SF":  # a file's records begin
            lines, branches = [], set()
            file = text[text.find("cpp/") :]  # gcovr writes whole paths
        elif kind == "DA" and fields[1] == "0":
            lines.append(int(fields[0]))
        elif kind == "BRDA" and fields[3] in ("0", "-"):
            branches.add(int(fields[0]))
        elif kind == "end_of_record":
            found[file] = lines, sorted(branches - set(lines))
    return found


def table(summary: dict[str, Any], gaps: dict[str, tuple[list[int], list[int]]]) -> str:
    """Return the figures of each file that is not fully covered, and of all together."""
    lines = [f"{'':42} {'lines':>7} {'branches':>9}   never run; branch never taken"]
    for file in sorted(summary["files"], key=lambda file: file["filename"]):
        taken = 100 if file["branch_percent"] is None else file["branch_percent"]  # None: no branch
        if min(file["line_percent"], taken) < 100:
            unrun, untaken = gaps[file["filename"]]
            lines.append(
                f"{file['filename']:42} {file['line_percent']:6.1f}% {taken:8.1f}%"
                f"   {unrun or '-'}; {untaken or '-'}"
            )
    lines.append(
        f"{'all of cpp/':42} {summary['line_percent']:6.1f}% {summary['branch_percent']:8.1f}%"
        f"   {summary['line_covered']} of {summary['line_total']} lines,"
        f" {summary['branch_covered']} of {summary['branch_total']} branches"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", default=KERNEL_TESTS, help="the tests to run")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--keep", action="store_true", help="add to the counts of the last run")
    args = parser.parse_args()
    if shutil.which("gcov") is None:
        raise SystemExit("coverage: needs gcov, which comes with gcc")
    workshop = Workshop(args.folder, SETTINGS)
    workshop.prepare()
    if not args.keep:
        for counts in workshop.folder.rglob("*.gcda"):
            counts.unlink()
    status, output = workshop.pytest(["--deselect", ABOUT_FLAGS, *args.tests], timeout=3600)
    summary = counted(workshop)
    print(table(summary, missing(workshop)))
    if status != 0:
        raise SystemExit(f"coverage: tests failed:\n{output[-3000:]}")
    low = [kind for kind, least in LEAST.items() if summary[f"{kind}_percent"] < least]
    if low:
        raise SystemExit(f"coverage: less than {LEAST} percent of: {', '.join(low)}")


if __name__ == "__main__":
    main()
