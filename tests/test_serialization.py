"""Weights in files: what is saved comes back, a failure leaves the old file, bad files say so."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

import minicnn
from minicnn import _atomic, nn
from minicnn.tensor import Tensor
from tests.machine import cases

DTYPES = ["float16", "float32", "float64", "bool"]
DTYPES += [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]

arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@given(
    st.dictionaries(st.text(max_size=8).filter(lambda k: k != "__metadata__"), arrays, max_size=4)
)
@cases(60)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, state: dict) -> None:
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    minicnn.save(state, path)
    loaded = minicnn.load(path)
    assert set(loaded) == set(state)
    for key, array in state.items():
        assert isinstance(loaded[key], Tensor)
        assert loaded[key].dtype == array.dtype
        assert loaded[key].shape == array.shape
        assert loaded[key].data.tobytes() == array.tobytes()
        assert loaded[key].data.flags.writeable


def test_any_layout_is_saved_by_its_values(tmp_path: Path) -> None:
    base = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    layouts = {
        "fortran": np.asfortranarray(base),
        "transposed": base.transpose(2, 0, 1),
        "reversed": base[::-1, :, ::-2],
        "big": base.astype(">f4"),
        "scalar": np.float32(3),
        "broadcast": np.broadcast_to(base[0], (3, 3, 4)),
    }
    minicnn.save(layouts, tmp_path / "w")
    for key, value in minicnn.load(tmp_path / "w").items():
        np.testing.assert_array_equal(value.data, layouts[key])


def test_a_model_round_trips_and_the_file_is_as_the_format_says(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    path = tmp_path / "w.safetensors"
    minicnn.save(model.state_dict(), path, metadata={"epoch": "3"})
    other = nn.Sequential(nn.Linear(3, 2))
    other.load_state_dict(minicnn.load(path))
    assert other[0].weight.tolist() == model[0].weight.tolist()
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    assert header["__metadata__"].keys() == {"epoch", "minicnn_checksum"}
    assert header["__metadata__"]["epoch"] == "3"
    assert n % 8 == 0  # so that the numbers behind it are aligned
    entry = header["0.weight"]
    assert (entry["dtype"], entry["shape"]) == ("F32", [2, 3])
    begin, end = (8 + n + offset for offset in entry["data_offsets"])
    assert data[begin:end] == model[0].weight.data.tobytes()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"a": 1.0}, "a must be a Tensor or an array, got float"),
        ({"a": {"b": 1j}}, "complex"),
        ({"a": np.zeros(2, complex)}, "a has dtype complex128, which cannot be stored"),
        ({"a": np.array(["x"])}, "a has dtype <U1"),
        ({"a": np.array([None])}, "a has dtype object"),
        ({3: np.zeros(2)}, "a name must be a string.*got 3"),
        ({"__metadata__": np.zeros(2)}, "a name must be a string and not '__metadata__'"),
        ([np.zeros(2)], "state_dict must be a mapping, got list"),
    ],
)
def test_what_cannot_be_saved_is_refused(tmp_path: Path, state: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        minicnn.save(state, tmp_path / "w")  # type: ignore[arg-type]
    assert files(tmp_path) == []


def damaged(header: object, values: bytes = b"\0" * 8) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + values


BAD = {
    "empty": b"",
    "short": b"\1\2\3",
    "huge header": struct.pack("<Q", 2**63) + b"{}",
    "no json": struct.pack("<Q", 2) + b"[}",
    "a list": damaged([1]),
    "unknown dtype": damaged({"a": {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]}}),
    "wrong size": damaged({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}),
    "overflow": damaged({"a": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 8]}}),
    "negative": damaged({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}),
    "beyond": damaged({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}),
    "backwards": damaged({"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}),
    "pickle": b"\x80\x04N.",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_format_error_that_names_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(BAD[name])
    with pytest.raises(
        minicnn.FormatError, match=r"bad\.safetensors: is not a readable safetensors"
    ):
        minicnn.load(path)


@given(st.data())
@cases(300)
def test_a_mutated_file_never_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.safetensors"
    save_file({"w": np.ones((2, 3), np.float32), "n": np.array(3)}, path)  # without a checksum
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    path.write_bytes(content)
    with contextlib.suppress(minicnn.FormatError):
        loaded = minicnn.load(path)
        assert all(isinstance(value, Tensor) for value in loaded.values())


@pytest.mark.parametrize("shape", [[1] * 100, [0] * 65, [0, 2**63], [0, 2**62, 2**62]])
def test_a_shape_that_numpy_cannot_have_is_a_format_error(tmp_path: Path, shape: list) -> None:
    values = b"" if 0 in shape else b"\0" * 4
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, len(values)]}
    (tmp_path / "w").write_bytes(damaged({"a": entry}, values))
    with pytest.raises(minicnn.FormatError, match="w: a cannot have its shape"):
        minicnn.load(tmp_path / "w")


def test_a_missing_file_is_no_format_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        minicnn.load(tmp_path / "none")


# -- writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "chmod"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "w"
    minicnn.save({"a": np.zeros(3)}, path)
    old = path.read_bytes()

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    if call == "write":
        pieces = (piece for piece in [b"half", None])
        with pytest.raises(TypeError):
            _atomic.atomic_write(path, pieces)  # type: ignore[arg-type]
    else:
        monkeypatch.setattr(os, call, fail)
        with pytest.raises(OSError, match=r"cannot write .*w: No space left on device") as caught:
            minicnn.save({"a": np.ones(3)}, path)
        assert caught.value.errno == 28
        monkeypatch.undo()
    assert files(tmp_path) == ["w"]
    assert path.read_bytes() == old


def test_the_order_is_write_flush_rename_flush_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        if events[-1] == "file":
            assert os.fstat(descriptor).st_size == 5
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        events.append("rename")
        assert Path(source).parent == Path(target).parent
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    _atomic.atomic_write(tmp_path / "w", b"bytes")
    assert events == ["file", "rename", "folder"]


def test_the_mode_follows_the_umask_or_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "w"
    before = os.umask(0o027)
    try:
        _atomic.atomic_write(path, b"1")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        _atomic.atomic_write(path, [b"2", b"3"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"23"


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    _atomic.atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write .*none/w: No such file"):
        _atomic.atomic_write(tmp_path / "none" / "w", b"")


def test_leftovers_of_killed_processes_go_but_those_of_running_ones_stay(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    dead = int(done.stdout)
    names = [
        f".w.{dead}-0123abcd.tmp",  # of a process that has ended
        f".w.{os.getpid()}-0123abcd.tmp",  # of an earlier process with this one's number
        f".w.{os.getppid()}-0123abcd.tmp",
        f".other.{dead}-0123abcd.tmp",
    ]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    _atomic.atomic_write(tmp_path / "w", b"")
    assert files(tmp_path) == sorted(["w", *names[2:]])
