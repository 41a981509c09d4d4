"""Whatever call of the system fails while a file is written: the file before it can be read, the
error names the path, nothing is left over; and the calls come in the order that a power cut asks
for."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.training import (
    CheckpointFolder,
    CSVLogger,
    History,
    RunLog,
    load_checkpoint,
    read_log,
    save_checkpoint,
)
from tests.promises.failing_system import TEXT, watched

OFFSETS = 64
VALUES = np.arange(1500.0)  # 12 kB: more than one block


def save_weights(folder: Path, n: int) -> None:
    minicnn.save({"w": VALUES + n}, folder / "file")


def read_weights(folder: Path) -> int:
    return int((minicnn.load(folder / "file")["w"].data - VALUES).mean())


def save_one(folder: Path, n: int) -> None:
    save_checkpoint({"n": n, "w": VALUES}, folder / "file")


def save_numbered(folder: Path, n: int) -> None:
    CheckpointFolder(folder).save(n, {"n": n, "w": VALUES})


def log_rows(folder: Path, n: int) -> None:
    epochs = [{"epoch": i + 1, "loss": 0.5} for i in range(1000 + n)]
    CSVLogger(folder / "file").on_epoch_end(SimpleNamespace(history=History(epochs)))


def read_rows(folder: Path) -> int:
    header, *rows = (folder / "file").read_text().splitlines()
    assert header == "epoch,loss"
    assert rows == [f"{i + 1},0.5" for i in range(len(rows))]
    return len(rows) - 1000


def log_record(folder: Path, n: int) -> None:
    RunLog(folder / "file").write("epoch", n=n, values=VALUES)


def read_records(folder: Path) -> int:
    records = read_log(folder / "file")
    assert all(record["values"] == VALUES.tolist() for record in records)
    assert [record["n"] for record in records] == list(range(1, len(records) + 1))
    return len(records)


def export(folder: Path, n: int) -> None:
    model = nn.Linear(30, 40)
    model.bias.data[...] = n
    minicnn.onnx.export(model, (30,), folder / "file")


def read_exported(folder: Path) -> int:
    return int(minicnn.onnx.load(folder / "file").state_dict()["bias"].data[0])


WRITERS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], int]]] = {
    "save": (save_weights, read_weights),
    "save_checkpoint": (save_one, lambda folder: load_checkpoint(folder / "file")["n"]),
    "CheckpointFolder": (save_numbered, lambda folder: CheckpointFolder(folder).load()["n"]),
    "CSVLogger": (log_rows, read_rows),
    "RunLog": (log_record, read_records),
    "onnx.export": (export, read_exported),
}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> Any:
    if request.param == "onnx.export":
        pytest.importorskip("onnx")
    return WRITERS[request.param]


def assert_tidy(folder: Path) -> None:
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def error_of(write: Callable[[Path, int], None], folder: Path, n: int) -> OSError | None:
    try:
        write(folder, n)
    except OSError as error:
        return error
    return None


def test_any_failing_call_leaves_what_was_there(writer, tmp_path) -> None:
    """One call after the other fails, a call that writes after half of its bytes."""
    write, read = writer
    before = tmp_path / "before"
    before.mkdir()
    for n in (1, 2):
        write(before, n)
    whole = shutil.copytree(before, tmp_path / "whole")
    with watched() as system:
        write(whole, 3)
    calls = system.seen
    assert {"open", "write", "fsync", "close"} <= set(calls)
    for number in range(len(calls)):
        folder = shutil.copytree(before, tmp_path / f"failing-{number}")
        with watched() as system:
            system.failing = number
            error = error_of(write, folder, 3)
        assert system.seen[number] == calls[number]
        if error is not None:
            assert TEXT in str(error)
            assert str(folder) in str(error), calls[number]
            assert error.errno == 28
        failed = error is not None
        renamed = "replace" in system.seen[:number] or "replace" not in calls
        assert read(folder) in ((2, 3) if failed and renamed else (2,) if failed else (3,))
        assert_tidy(folder)
        if calls[number] in ("write", "fsync", "replace", "chmod", "close"):
            assert failed, calls[number]
        write(folder, 3 if read(folder) == 2 else 4)  # the disk works again
        assert_tidy(folder)


def test_a_disk_that_is_full_after_any_byte_leaves_what_was_there(writer, tmp_path) -> None:
    """The system itself refuses bytes beyond a limit of the process on the size of files."""
    write, read = writer
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    write(tmp_path, 1)
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    begin = size if writer is WRITERS["RunLog"] else 0  # to which it adds as much again
    for offset in range(begin, begin + size, max(1, size // OFFSETS)):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (offset, hard))
            with pytest.raises(OSError, match=r"cannot write .*File too large") as caught:
                write(tmp_path, 2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert str(tmp_path) in str(caught.value)
        assert read(tmp_path) == 1
        assert_tidy(tmp_path)
    write(tmp_path, 2)
    assert read(tmp_path) == 2


FULL = """
import sys
from pathlib import Path
from tests.promises.test_failing_disk import assert_tidy, save_numbered, WRITERS

write, read = WRITERS["CheckpointFolder"]
folder = Path(sys.argv[1]) / "run"
write(folder, 1)
write(folder, 2)
(folder / "fills").write_bytes(bytes(20_000))  # 60 kB in all: a third checkpoint has no room
for n in range(3, 10):
    try:
        write(folder, n)
        raise SystemExit("a full disk was not noticed")
    except OSError as error:
        assert error.errno == 28 and f"{folder}/checkpoint-{n:08d}" in str(error), error
    assert_tidy(folder)
    assert read(folder) == 2
(folder / "fills").unlink()
write(folder, 3)
assert read(folder) == 3
"""


def test_a_file_system_that_is_really_full(tmp_path) -> None:
    mount = 'mount -t tmpfs -o size=52k none "$0" && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*alone, mount, tmp_path, "true"]).returncode:
        pytest.skip("no file system can be mounted here")
    subprocess.run([*alone, mount, tmp_path, sys.executable, "-c", FULL, tmp_path], check=True)


def test_bytes_are_flushed_before_the_name_and_the_name_before_old_files_go(
    writer, tmp_path
) -> None:
    write, _ = writer
    for n in (1, 2):
        write(tmp_path, n)
    with watched() as system:
        write(tmp_path, 3)
    wanted = ("write", "fsync", "replace", "fsync folder")
    order = [call for call in system.seen if call in wanted]
    if writer is WRITERS["RunLog"]:  # adds to the file that is there
        assert order == ["write", "fsync"]
    else:
        assert order[-3:] == ["fsync", "replace", "fsync folder"]
        assert set(order[:-3]) == {"write"}
    if writer is WRITERS["CheckpointFolder"]:
        assert system.seen.index("unlink", system.seen.index("fsync folder"))
        assert "checkpoint-00000001.safetensors" not in os.listdir(tmp_path)


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_mode_is_the_old_files_or_the_umasks(writer, tmp_path, umask) -> None:
    write, _ = writer
    before = os.umask(umask)
    try:
        write(tmp_path, 1)
        (path,) = tmp_path.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
        path.chmod(0o604)
        write(tmp_path, 1)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_only_files_are_replaced(tmp_path, kind) -> None:
    path = tmp_path / "it"
    if kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))  # another /dev/null
        except PermissionError:
            pytest.skip("only root makes devices")
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    with pytest.raises(OSError, match=f"cannot write {path}: it is no regular file"):
        minicnn.save({"w": VALUES}, path)
    assert not path.is_file()
    assert_tidy(tmp_path)
