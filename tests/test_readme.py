"""What the texts say is so: README's code prints what it says, and docstring examples run."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import minicnn

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = [
    path
    for folder in (ROOT, ROOT / "cpp", ROOT / "benchmarks", ROOT / "docs")
    for path in sorted(folder.glob("*.md"))
]
MODULES = [
    "minicnn",
    *(module.name for module in pkgutil.walk_packages(minicnn.__path__, "minicnn.")),
]
NUMBER = re.compile(r"[+-]?\d+\.?\d*(?:e[+-]?\d+)?")


def blocks(language: str) -> list[tuple[int, str]]:
    """Return README's code blocks of one language with the position where each ends."""
    pattern = rf"^```{language}\n(.*?)^```$"
    found = re.finditer(pattern, README, flags=re.DOTALL | re.MULTILINE)
    return [(match.end(), match.group(1)) for match in found]


def output_after(position: int) -> str:
    """Return the first block of plain text after a position."""
    return next(text for end, text in blocks("text") if end > position)


class CloseNumbers(doctest.OutputChecker):
    """Takes numbers that agree to 1e-6: the last digit of a float32 is the processor's matter."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if super().check_output(want, got, optionflags):
            return True
        if squeezed(want) != squeezed(got):
            return False
        expected = [float(text) for text in NUMBER.findall(want)]
        return [float(text) for text in NUMBER.findall(got)] == pytest.approx(expected, 1e-6)


def squeezed(text: str) -> str:
    """Return the text with each number replaced by # and without spaces."""
    return "".join(NUMBER.sub("#", text).split())


def run(tests: list[doctest.DocTest]) -> int:
    """Run examples, assert that all print what they say, and return how many there were."""
    printed = io.StringIO()
    runner = doctest.DocTestRunner(CloseNumbers(), verbose=False, optionflags=doctest.ELLIPSIS)
    for test in tests:
        runner.run(test, out=printed.write, clear_globs=False)
    assert runner.failures == 0, printed.getvalue()
    return runner.tries


def test_readme_has_a_training_run_and_examples() -> None:
    kinds = [">>>" in code for _, code in blocks("python")]
    assert kinds.count(False) >= 1
    assert kinds.count(True) >= 1


def test_readme_code_prints_what_stands_beside_it() -> None:
    names: dict[str, Any] = {}
    for end, code in blocks("python"):
        if ">>>" in code:
            assert run([doctest.DocTestParser().get_doctest(code, names, "README", None, 0)]) > 0
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)
        got, expected = printed.getvalue(), output_after(end)
        assert NUMBER.sub("#", got) == NUMBER.sub("#", expected)
        # Each instruction set rounds in its own way: a loss may differ by 0.01, an accuracy by 1 %.
        numbers = [float(text) for text in NUMBER.findall(got)]
        assert numbers == pytest.approx([float(t) for t in NUMBER.findall(expected)], 0.01, 0.01)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_commands_of_a_text_name_files_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    scripts = re.findall(r"python ((?:benchmarks|examples|tools)/\w+\.py)", text)
    missing += [script for script in scripts if not (ROOT / script).exists()]
    assert missing == []


def test_readme_leads_to_every_text() -> None:
    links = {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README)}
    assert {path.relative_to(ROOT).as_posix() for path in TEXTS} - {"README.md"} <= links


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_commands_of_a_text_are_targets_of_the_makefile(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE)
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"(?:`|^    )make ([a-z-]+)", text, flags=re.MULTILINE)
    assert set(commands) <= set(targets)


def test_no_text_installs_the_package_index_distribution_of_another_project() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else [p.name for p in TEXTS]
    forbidden = re.compile(r"pip3? install (?:-\S+ )*" + "minicnn" + r"(?!-engine)\b")
    for name in names:
        if name.endswith((".md", ".py", ".toml", ".yml", ".yaml", ".cpp", ".hpp", "Makefile")):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert forbidden.search(text) is None, name


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    run(doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)))


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("[0.8775826]", "[0.87758255]", True),
        ("[0.8775826, 1.]", "[0.87758255, 1. ]", True),
        ("[0.87]", "[0.88]", False),
        ("[0.87]", "[-0.87]", False),
        ("[1.0, 2.0]", "[1.0]", False),
        ("1e-05", "1e-06", False),
        ("nan", "1.0", False),
    ],
)
def test_close_numbers_are_taken_and_others_are_not(want: str, got: str, same: bool) -> None:
    assert CloseNumbers().check_output(want + "\n", got + "\n", 0) is same


def test_the_main_modules_have_docstring_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in ("minicnn", "minicnn.tensor", "minicnn.ops.conv2d", "minicnn.data.loader"):
        found = finder.find(importlib.import_module(name))
        assert sum(len(test.examples) for test in found) > 0, name
