"""A copy of the project in which bugs are put in, built and tested, apart from the original.

The copy has a build folder that is kept, so that a bug costs the files it is in, and a virtual
environment without packages of its own, which sees the copy first and then the packages of the
environment that runs this: not the original, even where that is installed in it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.drill.bug import ROOT, Bug

COPIED = (
    "cpp",
    "minicnn",
    "tests",
    "benchmarks",
    "tools",
    "CMakeLists.txt",
    "pyproject.toml",
    "CITATION.cff",
)
SKIPPED = {"__pycache__", ".pytest_cache", ".hypothesis"}


@dataclass(frozen=True)
class Run:
    """What a test run came to: passed, failed, crashed, hung, or broken (no test ran)."""

    outcome: str
    detail: str
    seconds: float

    @property
    def caught(self) -> bool:
        return self.outcome in ("failed", "crashed", "hung")


class Workshop:
    """The copy in `folder`, built with these CMake settings; tests get these variables."""

    def __init__(
        self, folder: Path, settings: dict[str, str], variables: dict[str, str] | None = None
    ) -> None:
        self.folder, self.settings = folder.resolve(), settings
        self.variables = {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1"}  # CI: the same cases
        self.variables |= variables or {}
        self.python = self.folder / "venv" / "bin" / "python"

    def prepare(self) -> None:
        """Bring the copy up to date with the project, and build it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self._sources():
            self._write(path.relative_to(ROOT).as_posix(), path.read_bytes())
        if not self.python.exists():
            venv.create(self.folder / "venv", symlinks=True)
            purelib = Path(sysconfig.get_path("purelib"))
            packages = self.folder / "venv" / purelib.relative_to(sys.prefix)
            (packages / "drill.pth").write_text(f"{self.folder}\n{purelib}\n")
        self._configure()
        self.build()

    def _sources(self) -> list[Path]:
        found = []
        for name in COPIED:
            top = ROOT / name
            inside = top.rglob("*") if top.is_dir() else [top]
            found += [p for p in inside if p.is_file() and not SKIPPED & set(p.parts)]
        return [p for p in found if p.suffix not in (".pyc", ".so", ".pyd")]

    def _write(self, name: str, data: bytes) -> None:
        """Write a file of the copy, unless it holds this already: what is built from it stays."""
        path = self.folder / name
        if path.exists() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _configure(self) -> None:
        import pybind11

        version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.M)
        settings = {
            "SKBUILD_PROJECT_NAME": "minicnn_engine",
            "SKBUILD_PROJECT_VERSION": version[1] if version else "0",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": str(self.folder / "minicnn"),
            "pybind11_DIR": pybind11.get_cmake_dir(),
            "Python_EXECUTABLE": sys.executable,
            **self.settings,
        }
        if shutil.which("ccache"):
            settings["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
        defines = [f"-D{name}={value}" for name, value in settings.items()]
        ninja = self._tool("ninja")
        generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"] if ninja else []
        self._cmake("-S", str(self.folder), "-B", str(self.folder / "build"), *generator, *defines)

    def build(self, target: str = "all") -> None:
        """Compile what has changed; raise RuntimeError with the compiler's words if that fails."""
        self._cmake("--build", str(self.folder / "build"), "-j2", "--target", target)

    @staticmethod
    def _tool(name: str) -> str | None:
        return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)

    def _cmake(self, *arguments: str) -> None:
        command = [self._tool("cmake") or "cmake", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")

    @contextlib.contextmanager
    def holding(self, bug: Bug) -> Iterator[None]:
        """Inside this block the copy has the bug; raise RuntimeError if it does not compile."""
        before = (self.folder / bug.file).read_text()
        self._write(bug.file, bug.put_into(before).encode())
        try:
            if bug.file.startswith("cpp/"):
                self.build()
            yield
        finally:
            self._write(bug.file, before.encode())

    def test(self, tests: tuple[str, ...], timeout: float) -> Run:
        """Run these tests up to the first failure."""
        start = time.monotonic()
        status, output = self.pytest(["-x", *tests], timeout)
        return understood(status, output, time.monotonic() - start)

    def pytest(self, arguments: list[str], timeout: float) -> tuple[int | None, str]:
        """Return pytest's exit status, None if it did not end in time, and what it wrote.

        It runs in processes of its own that are all ended.
        """
        command = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
        command += ["-o", "faulthandler_timeout=0", *arguments]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MINICNN_"))}
        log = self.folder / "test.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=kept | self.variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status: int | None = None
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                pass
            finally:  # also where this process is interrupted; and what a hung test has left
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return status, log.read_text(errors="replace")


def understood(status: int | None, output: str, seconds: float) -> Run:
    """Say what pytest's exit status (None after the timeout) and output mean."""
    if status is None:
        return Run("hung", f"stopped after {seconds:.0f} s", seconds)
    if status < 0:
        inside = re.search(r'File "[^"]*?(tests/[^"]+)", line \d+ in (test_\w+)', output)
        where = f" in {inside[1]}::{inside[2]}" if inside else ""
        return Run("crashed", f"{signal.Signals(-status).name}{where}", seconds)
    failed = re.search(r"^FAILED (\S+)", output, re.MULTILINE)
    if status == 1 and failed:
        return Run("failed", failed[1], seconds)
    if status == 0 and re.search(r"\d+ passed", output):
        return Run("passed", "", seconds)
    return Run("broken", output[-2000:], seconds)
