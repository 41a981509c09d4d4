"""The rules of the codebase, as far as a machine can check them."""

from __future__ import annotations

import ast
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CPP, PACKAGE, TESTS = ROOT / "cpp", ROOT / "minicnn", ROOT / "tests"
CPP_FILES = sorted(p for p in CPP.rglob("*") if p.suffix in {".hpp", ".cpp", ".inc"})
PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))

# Folders of cpp/ that hold kernels of no op of their own.
SHARED = {"bindings", "targets", "pool2d"}
PLACES_OF_OTHERS = {
    "gemm": [TESTS / "test_gemm.py"],
    "optimizer": [PACKAGE / "optim" / "optimizer.py", TESTS / "optim" / "test_optimizer.py"],
    # kernels of others, watched
    "trace": [PACKAGE / "microscope" / "_conv2d_trace.py", TESTS / "microscope" / "test_conv2d.py"],
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code(path: Path) -> str:
    """The C++ text without comments."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"//.*", "", text)


# -- one op, one name, four places ----------------------------------------------------------------


def kernels() -> list[str]:
    """Names of the folders of kernels: those with a table of steps or a row for each target."""
    return sorted(
        folder.name
        for folder in CPP.iterdir()
        if (folder / "targets.cpp").exists() or (folder / f"{folder.name}.hpp").exists()
        if folder.name not in SHARED
    )


def test_every_folder_of_cpp_is_known():
    folders = {folder.name for folder in CPP.iterdir() if folder.is_dir()}
    assert folders == {*kernels(), *SHARED}
    assert {"conv2d", "gemm", "max_pool2d", "avg_pool2d", "batch_norm"} <= set(kernels())


@pytest.mark.parametrize("name", kernels())
def test_a_kernel_has_its_four_places(name):
    places = [CPP / name, CPP / "bindings" / f"{name}.cpp"]
    of_an_op = [PACKAGE / "ops" / f"{name}.py", TESTS / "ops" / f"test_{name}.py"]
    places += PLACES_OF_OTHERS.get(name, of_an_op)
    assert not [relative(place) for place in places if not place.exists()]


def test_every_binding_binds_a_kernel():
    bindings = {path.stem for path in (CPP / "bindings").glob("*.cpp")}
    assert bindings == {*kernels(), "module", "system", "uninterrupted"}


# -- arrows point one way -------------------------------------------------------------------------


def test_only_the_bindings_know_python():
    outside = [p for p in CPP_FILES if p.parent.name != "bindings"]
    assert not [relative(p) for p in outside if re.search(r"pybind11|Python\.h", code(p))]


def test_bindings_do_no_arithmetic_of_kernels():
    """They call kernels through the tables, and are included by none of them."""
    outside = [p for p in CPP_FILES if p.parent.name != "bindings"]
    assert not [relative(p) for p in outside if '#include "bindings/' in code(p)]


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules of minicnn that a file imports when it is itself imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}: imports have full names here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(prefix: str) -> set[str]:
    return {
        relative(path)
        for path in PYTHON_FILES
        if any(name == prefix or name.startswith(f"{prefix}.") for name in imports(path))
    }


def inside(folder: str) -> set[str]:
    return {relative(path) for path in (PACKAGE / folder).rglob("*.py")}


def test_only_ops_and_a_few_others_import_the_extension():
    allowed = inside("ops") | inside("optim") | inside("data") | inside("testing")
    # _arrays: gradients that meet are added by the kernel of the operation add
    allowed |= {"minicnn/__init__.py", "minicnn/config.py", "minicnn/_arrays.py"}
    allowed |= {"minicnn/roof.py"}  # measures the peak
    allowed |= inside("microscope")  # watches kernels
    assert importing("minicnn._core") <= allowed
    assert importing("minicnn._core") & inside("ops")


@pytest.mark.parametrize("upper", ["nn", "optim", "models", "data", "datasets"])
def test_ops_know_nothing_above_them(upper):
    lower = inside("ops") | {"minicnn/tensor.py", "minicnn/autograd.py", "minicnn/_checks.py"}
    assert not importing(f"minicnn.{upper}") & lower


@pytest.mark.parametrize("upper", ["models", "optim", "datasets", "data"])
def test_modules_know_no_models_optimizers_or_data(upper):
    assert not importing(f"minicnn.{upper}") & inside("nn")


# -- what must not be in the build ----------------------------------------------------------------


def test_the_build_keeps_to_portable_exact_arithmetic():
    files = [ROOT / "CMakeLists.txt", ROOT / "pyproject.toml", *CPP_FILES]
    for path in files:
        text = code(path) if path in CPP_FILES else re.sub(r"#.*", "", path.read_text())
        for flag in ("-ffast-math", "-Ofast", "-march=native", "-mtune=native", "-fopenmp"):
            assert flag not in text, relative(path)
        assert not re.search(r"OpenMP|#pragma omp", text), relative(path)


# -- lengths --------------------------------------------------------------------------------------


def written_files() -> list[Path]:
    folders = [CPP, PACKAGE, TESTS, ROOT / "examples", ROOT / "benchmarks", ROOT / "tools"]
    suffixes = {".py", ".pyi", ".hpp", ".cpp", ".inc"}
    return sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in suffixes)


def test_no_file_is_longer_than_300_lines():
    lengths = {relative(path): len(path.read_text().splitlines()) for path in written_files()}
    assert len(lengths) > 100
    assert not {name: length for name, length in lengths.items() if length > 300}


# -- files that are compiled once for each instruction set ----------------------------------------

# Their inline functions and templates must not be shared with other files: the linker keeps one
# copy of each, and it could be the one with instructions that this processor does not have.
STD_HARMLESS = {  # types, and what the compiler computes
    "size_t", "ptrdiff_t", "int8_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t",
    "uint64_t",
    "integer_sequence", "make_integer_sequence", "is_same_v", "remove_reference_t", "array",
    "optional", "numeric_limits", "conditional_t",
    "string", "to_string", "invalid_argument",  # in checks of shapes, which no kernel calls
}  # fmt: skip


def per_target_files() -> list[Path]:
    """Each targets.cpp, and the headers of the project that it includes, directly or not."""
    todo = sorted(CPP.glob("*/targets.cpp"))
    found = set(todo)
    while todo:
        for name in re.findall(r'#include "(.*?)"', code(todo.pop())):
            header = CPP / name
            assert header.exists(), name
            if header not in found:
                found.add(header)
                todo.append(header)
    return sorted(found)


def test_all_sources_of_a_target_are_compiled_for_it():
    listed = re.findall(r"cpp/\w+/targets\.cpp", (ROOT / "CMakeLists.txt").read_text())
    assert sorted(listed) == [relative(path) for path in sorted(CPP.glob("*/targets.cpp"))]


@pytest.mark.parametrize("path", per_target_files(), ids=relative)
def test_files_of_a_target_call_no_std_templates(path):
    used = set(re.findall(r"\bstd::(\w+)", code(path)))
    assert used <= STD_HARMLESS


@pytest.mark.skipif(not (shutil.which("g++") and shutil.which("nm")), reason="no compiler")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="flags of x86")
@pytest.mark.parametrize("source", sorted(CPP.glob("*/targets.cpp")), ids=relative)
def test_an_object_of_a_target_shares_no_symbol(source, tmp_path):
    """Every weak symbol (inline functions, templates) stands in the target's own namespace."""
    flags = ["-std=c++17", "-O2", "-mavx2", "-mfma", f"-I{CPP}"]
    defines = ["-DTARGET=avx2", "-DVECTOR_BYTES=32", "-DVECTOR_REGISTERS=16"]
    command = ["g++", *flags, *defines, "-c", str(source), "-o", f"{tmp_path}/a.o"]
    subprocess.run(command, check=True, timeout=600)
    listing = subprocess.run(
        ["nm", "-C", f"{tmp_path}/a.o"], check=True, capture_output=True, text=True
    ).stdout
    symbols = [line.split(maxsplit=2)[1:] for line in listing.splitlines() if line[:1] == "0"]
    weak = [symbol for kind, symbol in symbols if kind in "WwVvu"]
    assert len(symbols) > 3
    own = ("minicnn::avx2::", "NS_4avx2", "DW.ref.")  # NS_: a name nm cannot read; DW: a pointer
    assert not [symbol for symbol in weak if not any(name in symbol for name in own)]
