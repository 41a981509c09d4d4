"""What the build says of itself, how an instruction set is forced, and a folder without a build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn
from minicnn import _core

ROOT = Path(__file__).parents[1]


def run_python(
    code: str, *flags: str, folder: Path = ROOT, **environment: str
) -> tuple[int, str, str]:
    """Run a fresh interpreter; return its exit code and what it wrote."""
    env = {name: text for name, text in os.environ.items() if name != "MINICNN_CPU"}
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env=env | environment,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_show_config_prints_version_compiler_instruction_set_and_threads(capsys):
    minicnn.set_num_threads(3)
    minicnn.show_config()
    lines = dict(line.strip().split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["minicnn"] == minicnn.__version__
    assert lines["threads"] == "3"
    assert lines["instruction set"] == _core.active_target()
    assert lines["available instruction sets"].split(", ") == _core.available_targets()
    assert lines["compiler"].split()[0] in ("GNU", "Clang", "AppleClang")
    assert "-O3" in lines["flags"]
    assert "-ffast-math" not in lines["flags"]


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {minicnn.__version__}\n" in citation


def test_the_best_instruction_set_is_chosen():
    code = "from minicnn import _core; print(_core.active_target())"
    status, out, _ = run_python(code)
    assert (status, out.strip()) == (0, _core.available_targets()[-1])


def test_set_target_takes_effect_and_names_the_choices(target):
    assert _core.active_target() == target
    names = ", ".join(f"'{name}'" for name in _core.available_targets())
    with pytest.raises(ValueError, match="instruction set must be one of") as caught:
        _core.set_target("mmx")
    assert str(caught.value) == (
        f"set_target: on this processor the instruction set must be one of {names}, got 'mmx'"
    )
    assert _core.active_target() == target


@pytest.mark.parametrize("name", _core.available_targets())
def test_the_environment_forces_an_instruction_set(name):
    code = (
        "import numpy as np\n"
        "from minicnn import _core\n"
        "a = np.arange(12.0).reshape(3, 4)\n"
        "assert (_core.gemm(a, a, transpose_b=True) == a @ a.T).all()\n"
        "print(_core.active_target())\n"
    )
    status, out, err = run_python(code, MINICNN_CPU=name)
    assert (status, out.strip()) == (0, name), err


@pytest.mark.parametrize("name", ["mmx", "", "AVX2"])
def test_an_unknown_instruction_set_is_refused_in_one_sentence(name):
    status, _, err = run_python("import minicnn; minicnn.show_config()", MINICNN_CPU=name)
    assert status == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("ValueError: MINICNN_CPU: on this processor the instruction set must be")
    assert "'baseline'" in last
    assert last.endswith(f"got '{name}'")


def test_a_source_folder_without_a_build_says_so_in_one_sentence(tmp_path):
    shutil.copytree(
        ROOT / "minicnn",
        tmp_path / "minicnn",
        ignore=shutil.ignore_patterns("_core*", "__pycache__"),
    )
    # -S: without the installed packages, one of which leads to the real build
    status, out, err = run_python("import minicnn", "-S", folder=tmp_path)
    assert (status, out) == (1, "")
    assert err.count("Traceback") == 1
    last = err.strip().splitlines()[-1]
    assert last == (
        "ImportError: minicnn: the compiled kernels (minicnn._core) cannot be imported. In the"
        " source folder, build them with `pip install -e .`; an installed copy is found from any"
        " other folder. Reason: No module named 'minicnn._core'"
    )


def test_import_needs_numpy_and_safetensors_alone():
    """Optional packages are imported where they are used."""
    code = "import sys, minicnn\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    status, out, err = run_python(code)
    assert status == 0, err
    optional = {"scipy", "sklearn", "matplotlib", "tqdm", "pooch", "hypothesis", "torch", "PIL"}
    assert not optional & set(out.split())


def test_subpackages_that_few_programs_need_are_imported_when_used():
    code = (
        "import sys, minicnn\n"
        "print([name for name in minicnn._LATER if 'minicnn.' + name in sys.modules])\n"
        "print(set(minicnn._LATER) <= set(dir(minicnn)), minicnn.models.__name__)\n"
        "from minicnn import *\n"
        "print(data.__name__, training.__name__)"
    )
    status, out, err = run_python(code)
    assert (status, err) == (0, "")
    assert out == "[]\nTrue minicnn.models\nminicnn.data minicnn.training\n"
    with pytest.raises(AttributeError, match="module 'minicnn' has no attribute 'dat'"):
        minicnn.dat  # noqa: B018
