"""A file of weights says itself whether it is whole; other software reads and writes it as ever."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import minicnn
from minicnn import nn
from tests.machine import scaled
from tests.promises.scratch import overwrite

FLIPS = scaled(2_000, most=10_000)
STATE = {"w": np.arange(6, dtype=np.float32), "n": np.array(3), "empty": np.zeros((0, 2))}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.safetensors"


def small(path: Path) -> bytes:
    minicnn.save(STATE, path, {"epoch": "3"})
    return path.read_bytes()


def assert_refused(path: Path, data: bytes) -> None:
    overwrite(path, data)
    with pytest.raises(minicnn.FormatError, match=re.escape(str(path))):
        minicnn.load(path)


def flipped(data: bytes, places: list[int], bit: int = 0) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 1 << bit
    return bytes(changed)


def test_every_single_bit_matters(path: Path) -> None:
    data = small(path)
    for place in range(len(data)):
        for bit in range(8):
            assert_refused(path, flipped(data, [place], bit))


def test_every_truncation_and_a_longer_file_are_refused(path: Path) -> None:
    data = small(path)
    for length in range(len(data)):
        assert_refused(path, data[:length])
    assert_refused(path, data + b"\0")


def test_flips_anywhere_in_a_networks_weights_are_refused(path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(32, 10))
    minicnn.save(model.state_dict(), path)
    data, rng = path.read_bytes(), random.Random(0)
    for _ in range(FLIPS):
        places = rng.sample(range(len(data)), rng.choice((1, 1, 2, 8)))
        assert_refused(path, flipped(data, places, rng.randrange(8)))


@pytest.mark.parametrize("first", [24, 27, 31, 40])
def test_damage_to_the_checksums_name_does_not_take_the_check_away(path: Path, first: int) -> None:
    data = small(path)
    assert data[27:43] == b"minicnn_checksum"
    assert_refused(path, flipped(data, [*range(first, first + 12), len(data) - 1], bit=1))


def test_the_checksum_is_the_sha256_of_the_file_with_zeros_in_its_place(path: Path) -> None:
    data = small(path)
    (digest,) = re.findall(rb"[0-9a-f]{64}", data)
    assert hashlib.sha256(data.replace(digest, b"0" * 64)).hexdigest() == digest.decode()


def test_other_software_reads_the_file(path: Path) -> None:
    small(path)
    for key, array in load_file(path).items():
        assert array.dtype == STATE[key].dtype
        np.testing.assert_array_equal(array, STATE[key])
    with safe_open(path, "numpy") as file:
        assert file.metadata()["epoch"] == "3"


@pytest.mark.parametrize("metadata", [None, {}, {"checksum": "sha256:" + "0" * 64}])
def test_files_of_other_software_have_no_checksum_and_are_read(
    path: Path, metadata: dict[str, str] | None
) -> None:
    save_file(STATE, path, metadata)
    loaded = minicnn.load(path)
    assert {key: value.tolist() for key, value in loaded.items()} == {
        key: array.tolist() for key, array in STATE.items()
    }


def test_the_same_content_is_the_same_bytes(path: Path) -> None:
    texts = {str(i): str(i * i) for i in range(20)}
    contents = set()
    for order in (texts, dict(reversed(texts.items()))):
        minicnn.save(STATE, path, order)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_a_copied_checksum_in_a_file_of_other_software_is_not_looked_at(path: Path) -> None:
    small(path)
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    for texts in (metadata, {"minicnn_checksum": metadata["minicnn_checksum"]}):
        save_file({"w": np.ones(2)}, path, texts)
        assert minicnn.load(path)["w"].tolist() == [1, 1]


def test_what_only_looks_like_the_checksum_is_not_taken_for_it(path: Path) -> None:
    text = '{"__metadata__": {"minicnn_checksum": "sha256:' + "0" * 64
    minicnn.save({"minicnn_checksum": np.ones(2), text: np.ones(3)}, path, {"a": text, text: "é"})
    assert {key: value.shape for key, value in minicnn.load(path).items()} == {
        "minicnn_checksum": (2,),
        text: (3,),
    }
    with safe_open(path, "numpy") as file:
        assert file.metadata()["a"] == text
        assert file.metadata()[text] == "é"


def test_metadata_that_cannot_be_stored_are_refused(path: Path) -> None:
    for metadata in ({"a": 1}, {1: "a"}, {"a": None}, {"a": "\ud800"}):
        with pytest.raises(TypeError, match="save: metadata must be"):
            minicnn.save({}, path, metadata)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="save: metadata must not have 'minicnn_checksum'"):
        minicnn.save({}, path, {"minicnn_checksum": "mine"})
    assert not path.exists()
