"""A checkpoint gives back what it was given, and notices every changed byte."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import FormatError
from minicnn.tensor import Tensor
from minicnn.training import CheckpointFolder, load_checkpoint, save_checkpoint
from tests.machine import cases

arrays = st.sampled_from(["float32", "float64", "int64", "uint64", "bool"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), arrays
)
keys = st.one_of(st.text(max_size=5), st.sampled_from(["$dict", "$array", "sha256"]))
trees = st.recursive(
    leaves,
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.lists(below, max_size=3).map(tuple),
        st.dictionaries(keys, below, max_size=3),
        st.dictionaries(st.integers(), below, max_size=3),
    ),
    max_leaves=8,
)


def assert_same(a, b) -> None:
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            assert_same(one, other)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, float):
        assert struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    else:
        assert a == b


@given(trees)
@cases(200)
def test_any_tree_comes_back(tmp_path_factory, tree) -> None:
    path = tmp_path_factory.getbasetemp() / "tree.safetensors"
    save_checkpoint(tree, path)
    assert_same(load_checkpoint(path), tree)


def test_names_that_meet_in_dots_do_not_collide(tmp_path) -> None:
    tree = {"a": {"b": np.zeros(1)}, "a.b": np.ones(1), 1: np.full(1, 2.0), "1": np.full(1, 3.0)}
    save_checkpoint(tree, tmp_path / "c")
    assert_same(load_checkpoint(tmp_path / "c"), tree)


def test_tensors_and_numpy_numbers_stay_what_they_are(tmp_path) -> None:
    save_checkpoint({"t": Tensor([1.0, 2.0]), "n": np.float32(0.1)}, tmp_path / "c")
    loaded = load_checkpoint(tmp_path / "c")
    assert isinstance(loaded["t"], Tensor)
    assert loaded["t"].tolist() == [1.0, 2.0]
    assert type(loaded["n"]) is np.float32
    assert loaded["n"] == np.float32(0.1)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [1, {2}]}, r"run.a.1 is a set, which cannot be stored"),
        ({"f": print}, r"run.f is a builtin_function_or_method"),
        ({"a": np.array([None])}, r"run.a has dtype object, which cannot be stored"),
        ({"a": 1j}, r"run.a is a complex"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_written(tmp_path, tree, message) -> None:
    with pytest.raises(TypeError, match=f"checkpoint: {message}"):
        save_checkpoint(tree, tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


TREE = {"step": 3, "w": np.arange(6.0).reshape(2, 3), "moments": {0: (0.9, np.ones(3))}}


def test_every_truncation_is_noticed(tmp_path) -> None:
    path = tmp_path / "c"
    save_checkpoint(TREE, path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match="c: is "):
            load_checkpoint(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(FormatError, match="c: is damaged: its SHA-256 should be"):
        load_checkpoint(path)


@given(st.data())
@cases(300)
def test_every_changed_byte_is_noticed(tmp_path_factory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    save_checkpoint(TREE, path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"flipped\.safetensors: is "):
        load_checkpoint(path)


def signed(text: str) -> bytes:
    """A file with a right checksum around any JSON text."""
    import hashlib

    texts = {"minicnn_checksum": "sha256:" + "0" * 64, "minicnn_checkpoint": text}
    header = json.dumps({"__metadata__": texts}).encode()
    data = struct.pack("<Q", len(header)) + header
    return data.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode(), 1)


@pytest.mark.parametrize(
    "rest",
    [
        '"version": 2, "state": 1}',
        '"version": 1}',
        '"version": 1, "state": {"$array": "none"}}',
        '"version": 1, "state": {"$other": 1}}',
        '"version": 1, "state": {"$dict": 3}}',
        '"version": 1, "state": {"$float": "x"}}',
        '"version": 1, "state": ' + "[" * 100_000,
        '"version": 1, "state": ' + "[" * 3000 + "]" * 3000 + "}",
    ],
)
def test_what_no_trainer_wrote_is_a_format_error(tmp_path, rest) -> None:
    path = tmp_path / "c"
    path.write_bytes(signed("{" + rest))
    with pytest.raises(FormatError, match="c: is no checkpoint that can be read"):
        load_checkpoint(path)


def test_the_folder_keeps_two_and_gives_the_newest_that_is_whole(tmp_path) -> None:
    folder = CheckpointFolder(tmp_path / "new")
    assert folder.load() is None
    for step in (8, 9, 10, 100_000_001):
        assert folder.save(step, {"step": step}).exists()
    assert [path.name for path in folder.paths()] == [
        "checkpoint-100000001.safetensors",
        "checkpoint-00000010.safetensors",
    ]
    (folder.folder / "notes.txt").write_text("stays")
    assert folder.load() == {"step": 100_000_001}
    folder.paths()[0].write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="checkpoint-100000001.safetensors: is not a checkpo"):
        assert folder.load() == {"step": 10}
    for path in folder.paths():
        path.write_bytes(b"x" * 100)
    with pytest.warns(RuntimeWarning), pytest.raises(FormatError, match=r"00000010\.safetensors"):
        folder.load()


def test_a_damaged_file_does_not_count_among_the_two(tmp_path) -> None:
    folder = CheckpointFolder(tmp_path)
    files = {n: tmp_path / f"checkpoint-{n:08d}.safetensors" for n in (10, 20, 30, 35, 40, 50)}
    for step in (10, 20, 30, 40, 50):
        save_checkpoint({"step": step}, files[step])
    for step in (40, 50):
        files[step].write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="trying the one before"):
        assert folder.newest() == (files[30], {"step": 30})
    folder.tidy(files[30])
    assert folder.paths() == [files[n] for n in (50, 40, 30, 20)]
    folder.save(35, {"step": 35})
    assert folder.paths() == [files[n] for n in (50, 40, 35, 30)]
