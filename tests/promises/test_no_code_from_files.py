"""No file can make minicnn run code: nothing in the package could, as its syntax trees show."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "minicnn"
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {
    *("pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"),
    *("jsonpickle", "yaml", "runpy", "code", "codeop", "ctypes", "cffi", "subprocess", "imp"),
}
NAMES = {"eval", "exec", "compile", "__import__", "execfile", "__builtins__"}
ATTRIBUTES = {"os.system", "os.popen", "os.startfile", "np.loads", "np.core"}
ATTRIBUTES |= {f"os.{call}" for call in ("execv", "execve", "execvp", "spawnv", "posix_spawn")}
LOADS = {"np.load": "allow_pickle=False", "torch.load": "weights_only=True"}  # and how they must be


def faults(source: str) -> Iterator[str]:
    """Yield what could run code that a file holds."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (name for name in names if name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in MODULES:
                yield str(node.module)
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id  # even if it is not called here
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ATTRIBUTES:
            yield ast.unparse(node)
        elif isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
            if ast.unparse(node.value) != "False":
                yield f"{node.arg}={ast.unparse(node.value)}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).replace("numpy.", "np.")
            wanted = LOADS.get(called)
            if wanted is not None and wanted not in [ast.unparse(k) for k in node.keywords]:
                yield f"{called} without {wanted}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_of_the_package_runs_no_code_of_a_file(path: Path) -> None:
    assert list(faults(path.read_text())) == []


def test_the_whole_package_is_looked_at() -> None:
    assert len(FILES) > 150
    assert PACKAGE / "serialization.py" in FILES


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def f():\n    from marshal import loads",
        "import os.path, shelve",
        "f = eval",
        "exec(text)",
        "np.load(path)",
        "numpy.load(path, mmap_mode='r')",
        "np.load(path, allow_pickle=True)",
        "np.savez(path, allow_pickle=flag)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "os.system(command)",
        "run(command, shell=True)",
    ],
)
def test_what_is_forbidden_is_found(source: str) -> None:
    assert list(faults(source))


def test_what_is_harmless_is_not() -> None:
    source = "import json\nre.compile(x)\nnp.load(x, allow_pickle=False)\nmodel.eval()\nos.open(p)"
    assert list(faults(source)) == []
