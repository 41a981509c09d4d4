"""A user's script under `mypy --strict`: right uses pass, wrong ones are found line by line."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import minicnn

SCRIPTS = Path(__file__).with_name("typing")
PACKAGE = Path(minicnn.__file__).parent
needs_mypy = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None, reason="mypy is not installed (the extra `lint`)"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a user's own, with the package beside as an installation would have it."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "installed").mkdir()
    (folder / "installed" / "minicnn").symlink_to(PACKAGE, target_is_directory=True)
    return folder


def errors_of(script: Path, folder: Path) -> list[tuple[int, str]]:
    """Return the line and the code of the errors that mypy finds in a script."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
    ]
    command += ["--config-file=", f"--cache-dir={folder / 'cache'}", script.name]
    command.append("--follow-imports=silent")  # the package's own errors are not the user's
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={"MYPYPATH": str(folder / "installed"), "PATH": ""},
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stdout + run.stderr
    found = re.findall(r"^(\S+?):(\d+): error: .*\[([\w-]+)\]$", run.stdout, re.MULTILINE)
    assert len(found) == run.stdout.count(": error: "), run.stdout
    assert all(name == script.name for name, _, _ in found), run.stdout
    return sorted({(int(line), code) for _, line, code in found})


def test_the_package_says_that_it_is_typed() -> None:
    assert files("minicnn").joinpath("py.typed").is_file()
    assert files("minicnn").joinpath("_core.pyi").is_file()


@needs_mypy
def test_a_users_script_has_no_error(folder: Path) -> None:
    script = Path(shutil.copy(SCRIPTS / "right.py", folder / "right.py"))
    assert errors_of(script, folder) == []


@needs_mypy
def test_wrong_uses_are_found(folder: Path) -> None:
    text = (SCRIPTS / "wrong.py.txt").read_text()
    script = folder / "wrong.py"
    script.write_text(text)
    lines = enumerate(text.splitlines(), start=1)
    expected = [(i, line.rpartition("  # ")[2]) for i, line in lines if "  # " in line]
    assert len(expected) > 25
    assert errors_of(script, folder) == expected


def test_the_users_script_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    exec(compile((SCRIPTS / "right.py").read_text(), "right.py", "exec"), names)
    assert {path.name for path in tmp_path.iterdir()} == {"net.safetensors", "best.safetensors"}
