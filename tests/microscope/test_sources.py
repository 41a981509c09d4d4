"""The code that the microscope shows is the code of cpp/, and the part of it that does a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicnn.microscope import _sources
from minicnn.microscope._sources import FOLDER, Excerpt

CPP = Path(__file__).parents[2] / "cpp"
EXCERPTS = {name: e for name, e in vars(_sources).items() if isinstance(e, Excerpt)}


def test_installed_sources_are_those_of_cpp() -> None:
    """If this fails, the kernels have changed since they were compiled: install again."""
    installed = {path.relative_to(FOLDER): path for path in FOLDER.rglob("*.hpp")}
    assert {Path("conv2d/im2col.hpp"), Path("gemm/microkernel.hpp")} <= set(installed)
    for name, path in installed.items():
        assert path.read_bytes() == (CPP / name).read_bytes(), name


@pytest.mark.parametrize("name", EXCERPTS)
def test_excerpts_are_whole_functions_of_the_file_they_name(name: str) -> None:
    excerpt = EXCERPTS[name]
    shown = excerpt.cut()
    text = (CPP.parent / shown["file"]).read_text(encoding="utf-8").splitlines()
    first = shown["first"] - 1
    assert text[first : first + len(shown["lines"])] == shown["lines"]
    assert shown["lines"][0].startswith(("///", "template"))
    assert shown["lines"][-1].startswith("}")
    code = "\n".join(shown["lines"])
    assert code.count("{") == code.count("}")
    assert 5 <= len(shown["lines"]) <= 70
    assert len(shown["marked"]) == len(excerpt.marked) > 0
    for line, part in zip(shown["marked"], excerpt.marked):
        assert part in shown["lines"][line]


def test_a_line_that_is_gone_is_missed() -> None:
    with pytest.raises(RuntimeError, match=r"must have one line with 'no such line', has \[\]"):
        Excerpt("conv2d/im2col.hpp", "void im2col(", marked=("no such line",)).cut()
