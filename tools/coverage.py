"""Counts which lines and branches of cpp/ the tests run.

    python -m tools.coverage      # a quarter of an hour; needs gcc, gcov, the extra `coverage`

A copy of the project (build/coverage) is built with -O1 and gcov's counters, for the instruction
sets `baseline` and `avx2`; then the tests of the kernels run in it, those in Python and those in
C++. How they are counted stands in tools/gcov.py.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.drill.bug import ROOT
from tools.drill.workshop import Workshop
from tools.gcov import Counts, counted, documents

SETTINGS = {
    "MINICNN_TARGETS": "baseline;avx2",
    "MINICNN_OPTIMIZATION": "-O1",
    "MINICNN_COVERAGE": "ON",
}
LEAST = {"lines": 98.0, "branches": 90.0}  # percent
KERNEL_TESTS = (
    *(f"tests/ops/test_{name}.py" for name in (
        "add", "augment", "avg_pool2d", "batch_norm", "conv2d", "conv2d_batch_norm",
        "conv2d_choice", "conv2d_errors", "conv2d_hostile", "conv2d_layouts", "conv2d_winograd",
        "cross_entropy", "cross_entropy_kernel", "dropout", "linear", "max_pool2d",
        "max_pool2d_relu", "relu", "softmax",
    )),
    *(f"tests/optim/test_{name}.py" for name in (
        "adaptive", "interrupted_step", "kernels", "updates",
    )),
    *(f"tests/microscope/test_{name}.py" for name in ("conv2d", "pools")),
    *(f"tests/test_{name}.py" for name in (
        "bindings", "buffers", "config", "gemm", "guarded", "parallel", "processes", "profiler",
    )),
    *(f"tests/test_interrupts.py::test_{name}" for name in (  # the others time slow kernels
        "a_process_forked_by_a_handler_in_a_kernel_is_told_so",
        "what_a_handler_raises_is_what_the_caller_gets",
    )),
)  # fmt: skip
# What is asserted of the build that is installed, and not true of this one: its flags, and that a
# product and a sum are one instruction where that is in another function than the product.
NOT_OF_THIS_BUILD = (
    "tests/test_config.py::test_show_config_prints_version_compiler_instruction_set_and_threads",
    "tests/microscope/test_conv2d.py"
    "::test_each_sum_is_the_one_before_plus_a_term_rounded_as_this_processor_does",
)


def percent(covered: Iterable[bool]) -> float:
    """Return how many of these are true, in percent; 100 of none."""
    values = list(covered)
    return 100 * sum(values) / len(values) if values else 100.0


def table(files: dict[str, Counts]) -> str:
    """Return the figures of each file that is not fully covered."""
    rows = [f"{'':42} {'lines':>7} {'branches':>9}   never run; branch never taken"]
    for name, file in sorted(files.items()):
        if not all([*file.lines.values(), *file.branches.values()]):
            rows.append(
                f"{name:42} {percent(file.lines.values()):6.1f}%"
                f" {percent(file.branches.values()):8.1f}%"
                f"   {file.unrun() or '-'}; {file.untaken() or '-'}"
            )
    return "\n".join(rows)


def summary(files: dict[str, Counts]) -> dict[str, list[bool]]:
    """Return of all lines and of all branches whether they were covered."""
    return {
        "lines": [ran for file in files.values() for ran in file.lines.values()],
        "branches": [taken for file in files.values() for taken in file.branches.values()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", default=KERNEL_TESTS, help="the tests to run")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--keep", action="store_true", help="add to the counts of the last run")
    parser.add_argument("--scale", default="0.5", help="times as many random cases as usual")
    args = parser.parse_args()
    if shutil.which("gcov") is None:
        raise SystemExit("coverage: needs gcov, which comes with gcc")
    workshop = Workshop(args.folder, SETTINGS, {"MINICNN_TEST_SCALE": args.scale})
    workshop.prepare()
    workshop.build("kernel_tests")
    if not args.keep:
        for counts in workshop.folder.rglob("*.gcda"):
            counts.unlink()
    program = subprocess.run([workshop.folder / "build" / "kernel_tests"], check=False)
    left_out = [word for test in NOT_OF_THIS_BUILD for word in ("--deselect", test)]
    status, output = workshop.pytest([*left_out, *args.tests], timeout=3600)
    files = counted(documents(workshop.folder / "build"), workshop.folder / "cpp")
    print(table(files))
    for what, covered in summary(files).items():
        print(f"{what}: {percent(covered):.1f} %, {sum(covered)} of {len(covered)}")
    if status != 0 or program.returncode != 0:
        raise SystemExit(f"coverage: tests failed:\n{output[-3000:]}")
    low = [what for what, covered in summary(files).items() if percent(covered) < LEAST[what]]
    if low:
        raise SystemExit(f"coverage: less than {LEAST} percent of: {', '.join(low)}")


if __name__ == "__main__":
    main()
