"""The seeded bugs fit the sources as they are now, and a test run is understood. (What catches
them is shown by `make drill`.)"""

from __future__ import annotations

import pytest

from tools.drill.bug import ROOT, Bug, all_bugs, parse
from tools.drill.workshop import understood

BUGS = all_bugs()


@pytest.mark.parametrize("bug", BUGS, ids=[bug.title for bug in BUGS])
def test_a_bug_fits_the_sources(bug):
    text = (ROOT / bug.file).read_text()
    assert bug.put_into(text) != text
    if bug.file.endswith(".py"):
        compile(bug.put_into(text), bug.file, "exec")
    assert not [test for test in bug.tests if not (ROOT / test).exists()]


def test_there_are_bugs_in_all_kernels():
    assert len(BUGS) >= 40
    assert len({bug.title for bug in BUGS}) == len(BUGS)
    kernels = {bug.file.split("/")[1] for bug in BUGS if bug.file.startswith("cpp/")}
    folders = {path.name for path in (ROOT / "cpp").iterdir() if path.is_dir()}
    assert folders <= kernels
    steps = {path.name for path in (ROOT / "cpp" / "conv2d").glob("step*.hpp")}
    assert steps <= {bug.file.rpartition("/")[2] for bug in BUGS}
    assert sum(bug.file.endswith(".py") for bug in BUGS) >= 5


def bug(old: str) -> Bug:
    return Bug("area", "name", "a.cpp", old, "y", ())


def test_white_space_is_not_compared():
    assert bug("a + b;").put_into("x = a\n     + b; // c") == "x = y // c"


@pytest.mark.parametrize("text", ["x = b;", "a; a;"])
def test_a_place_must_be_there_exactly_once(text):
    with pytest.raises(ValueError, match=r"exactly once, has it [02] times"):
        bug("a;").put_into(text)


def test_a_file_of_bugs_is_read():
    one, two = parse("relu", "tests: a.py b.py\n\n== p\nf.hpp\n- x\n+ y\n\n== q\ng.hpp\n- z\n+\n")
    assert one == Bug("relu", "p", "f.hpp", "x", "y", ("a.py", "b.py"))
    assert two.new == ""
    with pytest.raises(ValueError, match="a bug is a name, a file"):
        parse("relu", "tests: a.py\n\n== p\nf.hpp\n- x\n")


@pytest.mark.parametrize(
    ("status", "output", "outcome"),
    [
        (0, "3 passed in 1.0s", "passed"),
        (0, "no tests ran", "broken"),
        (1, "FAILED tests/a.py::test_b - assert", "failed"),
        (1, "ERROR tests/a.py - cannot open shared object", "broken"),
        (2, "ERROR tests/a.py\nInterrupted: 1 error during collection", "broken"),
        (-11, 'File "/x/tests/a.py", line 3 in test_b', "crashed"),
        (None, "", "hung"),
    ],
)
def test_a_run_of_the_tests_is_understood(status, output, outcome):
    run = understood(status, output, 1.0)
    assert run.outcome == outcome
    assert run.caught == (outcome in ("failed", "crashed", "hung"))
