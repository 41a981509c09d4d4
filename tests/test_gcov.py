"""What gcov counts of code that is compiled several times is counted once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.gcov import Counts, counted, decisions, documents


def branch(count: int, fallthrough: bool = False, throw: bool = False) -> dict[str, Any]:
    return {"count": count, "fallthrough": fallthrough, "throw": throw}


def line(number: int, count: int, *counts: int, function: str = "f") -> dict[str, Any]:
    branches = [branch(count) for count in counts]
    return dict(line_number=number, count=count, branches=branches, function_name=function)


def document(folder: Path, lines: list[dict[str, Any]], **starts: int) -> dict[str, Any]:
    (folder / "a.hpp").write_text("code\n" * 4 + "}  // comment\n")
    functions = [dict(name=name, start_line=at, start_column=1) for name, at in starts.items()]
    file = dict(file="a.hpp", functions=functions, lines=lines)
    return dict(current_working_directory=str(folder), files=[file])


def test_a_line_ran_and_a_branch_was_taken_if_one_copy_did(tmp_path: Path) -> None:
    one = [line(2, 5, 5, 0, function="f<4>"), line(3, 0, function="f<4>"), line(4, 0, 0, 0)]
    two = [line(2, 3, 0, 0, function="f<8>"), line(3, 1, function="f<8>"), line(4, 0, 0, 0)]
    reports = [document(tmp_path, one, **{"f<4>": 1}), document(tmp_path, two, **{"f<8>": 1})]
    found = counted(reports, tmp_path)
    assert found["a.hpp"].lines == {2: True, 3: True, 4: False}
    assert sorted(found["a.hpp"].branches.values()) == [False, False, False, True]
    assert (found["a.hpp"].unrun(), found["a.hpp"].untaken()) == ([4], [2])


def test_branches_of_two_functions_on_one_line_are_counted_apart(tmp_path: Path) -> None:
    lines = [line(2, 1, 1, 0, function="outer"), line(2, 1, 0, 1, function="lambda")]
    found = counted([document(tmp_path, lines, outer=1) | {}], tmp_path)
    assert len(found["a.hpp"].branches) == 4
    assert sum(found["a.hpp"].branches.values()) == 2


def test_branches_of_copies_that_have_fewer_are_counted_apart(tmp_path: Path) -> None:
    lines = [line(2, 1, 1, 1, 0, 1), line(2, 1, 1, 0)]
    (counts,) = counted([document(tmp_path, lines, f=1)], tmp_path).values()
    assert len(counts.branches) == 6
    assert sum(counts.branches.values()) == 4


@pytest.mark.parametrize("way_on_first", [True, False])
def test_a_call_that_may_throw_is_no_decision(way_on_first: bool) -> None:
    call = [branch(1, fallthrough=True), branch(0, throw=True)]
    call = call if way_on_first else call[::-1]
    condition = [branch(1, fallthrough=True), branch(0)]
    assert decisions([*call, *condition, *call]) == [True, False]


def test_lines_without_a_word_are_not_counted(tmp_path: Path) -> None:
    (counts,) = counted([document(tmp_path, [line(4, 1), line(5, 0, 0, 0)])], tmp_path).values()
    assert counts == Counts({4: True}, {})


def test_files_elsewhere_are_not_counted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no counts of files below"):
        counted([document(tmp_path, [line(1, 1)], f=1)], tmp_path / "cpp")


PROGRAM = """#include <string>
template <int size>
int half(int n) {
    if (n > size)
        return n / 2;
    return n;
}
std::string text(int n) { return std::to_string(n) + "more than is kept in place"; }
int main(int count, char**) {
    if (count > 3)
        return text(count).size();
    return half<1>(count) + half<2>(5) - 3;
}
"""


@pytest.mark.skipif(not shutil.which("gcov") or not shutil.which("g++"), reason="needs gcc's gcov")
def test_a_program_is_counted(tmp_path: Path) -> None:
    """half<1> takes one way and half<2> the other; line 8 never runs, nor 11."""
    (tmp_path / "a.cpp").write_text(PROGRAM)
    command = ["g++", "-O1", "--coverage", "-fno-early-inlining", "-c", "a.cpp"]
    subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run(["g++", "--coverage", "a.o", "-o", "a"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "a"], cwd=tmp_path, check=True)
    found = counted(documents(tmp_path), tmp_path)
    assert found["a.cpp"].unrun() == [8, 11]
    assert found["a.cpp"].untaken() == [10]
    assert len(found["a.cpp"].branches) == 4


def test_lines_without_branches_are_covered_by_running() -> None:
    counts = Counts()
    counts.add(line(3, 7), (1, 1))
    assert (counts.unrun(), counts.untaken()) == ([], [])
