"""MNIST: found wherever it may be, missing with advice, downloaded whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from minicnn import FormatError
from minicnn.datasets import MNIST, mnist
from tests.datasets.local_server import serving

NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


def contents(n: int = 5, height: int = 28, label: int = 3) -> dict[str, bytes]:
    """Small files of the right form; the test part has one image more."""
    out = {}
    for part, count in (("train", n), ("t10k", n + 1)):
        pixels = (np.arange(count * height * 28) % 251).astype(np.uint8).tobytes()
        out[f"{part}-images-idx3-ubyte"] = (
            struct.pack(">4B3I", 0, 0, 8, 3, count, height, 28) + pixels
        )
        out[f"{part}-labels-idx1-ubyte"] = struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(
            [label] * count
        )
    return out


def write(folder: Path, files: dict[str, bytes], packed: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)


@pytest.fixture(autouse=True)
def no_files_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("below", ["", "mnist"])
@pytest.mark.parametrize("named_by", ["root", "environment", "cache"])
def test_files_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, below: str, named_by: str
) -> None:
    folder = tmp_path / "cache" / "minicnn"
    write(folder / below, contents(), packed)
    if named_by == "environment":
        monkeypatch.setenv("MINICNN_DATA", str(folder))
        monkeypatch.delenv("XDG_CACHE_HOME")
    train = MNIST(folder if named_by == "root" else None)
    test = MNIST(folder if named_by == "root" else None, train=False)
    assert (len(train), len(test)) == (5, 6)
    image, label = train[1]
    assert (image.shape, image.dtype, label) == ((1, 28, 28), np.float32, 3)
    stored = np.arange(784, 2 * 784).reshape(1, 28, 28) % 251
    np.testing.assert_allclose(image.data, stored / 255, rtol=1e-7)
    images, labels = train.get_batch(np.array([1]))
    np.testing.assert_array_equal(images.data[0], image.data)
    assert labels.tolist() == [3]


def test_missing_files_are_listed_with_advice(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        MNIST(tmp_path)
    for word in [*NAMES[:2], str(tmp_path), "MINICNN_DATA", "download=True", "pooch"]:
        assert word in str(caught.value)
    assert "t10k" not in str(caught.value)
    write(tmp_path, {NAMES[0]: contents()[NAMES[0]]}, packed=False)
    with pytest.raises(FileNotFoundError, match=r"^MNIST: train-labels"):
        MNIST(tmp_path)


def test_files_that_do_not_belong_together_are_format_errors(tmp_path: Path) -> None:
    write(tmp_path, contents(height=27), packed=False)
    with pytest.raises(FormatError, match=r"shape must be \(5, 28, 28\), got \(5, 27, 28\)"):
        MNIST(tmp_path)
    write(tmp_path, contents() | {NAMES[1]: contents(4)[NAMES[1]]}, packed=False)
    with pytest.raises(FormatError, match=r"shape must be \(4, 28, 28\), got \(5, 28, 28\)"):
        MNIST(tmp_path)
    write(tmp_path, contents(label=10), packed=False)
    with pytest.raises(FormatError, match=r"labels.*at byte 8: a label must be 0 to 9, got 10"):
        MNIST(tmp_path)
    floats = contents()[NAMES[1]].replace(b"\x08\x01", b"\x09\x01", 1)
    write(tmp_path, contents() | {NAMES[1]: floats}, packed=False)
    with pytest.raises(FormatError, match="type must be uint8"):
        MNIST(tmp_path)
    write(tmp_path, contents() | {NAMES[1]: contents()[NAMES[1]][:-1]}, packed=False)
    with pytest.raises(FormatError, match="train-labels"):
        MNIST(tmp_path)


# -- downloading, from this machine only --------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """Serve a folder on 127.0.0.1 as the only mirror of MNIST; yield address and folder."""
    folder = tmp_path / "served"
    write(folder, contents(), packed=True)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents().items()}
    monkeypatch.setattr(mnist, "SHA256", hashes)
    with serving(folder, monkeypatch) as address:
        monkeypatch.setattr(mnist, "MIRRORS", (address,))
        yield address, folder


def names_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_download_fetches_what_is_missing_once(
    tmp_path: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "new" / "root"
    assert len(MNIST(root, download=True)) == 5
    assert names_in(root) == [f"{name}.gz" for name in sorted(NAMES[:2])]
    monkeypatch.setattr(mnist, "MIRRORS", ())
    assert len(MNIST(root, download=True)) == 5
    assert len(MNIST(root)) == 5


def test_download_goes_on_to_the_next_mirror(
    tmp_path: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = server
    monkeypatch.setattr(mnist, "MIRRORS", (f"{address}gone/", "http://127.0.0.1:1/", address))
    assert len(MNIST(tmp_path / "root", train=False, download=True)) == 6


@pytest.mark.parametrize("damage", ["changed", "cut", "no gzip", "absent"])
def test_a_bad_download_leaves_nothing_and_says_what_was_wrong(
    tmp_path: Path, server: tuple[str, Path], damage: str
) -> None:
    address, folder = server
    file = folder / "train-images-idx3-ubyte.gz"
    data = file.read_bytes()
    if damage == "changed":
        file.write_bytes(gzip.compress(contents(label=1)["train-images-idx3-ubyte"] + b"x"))
        reason = "its content has SHA-256"
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
        reason = "the gzip stream is cut off"
    elif damage == "no gzip":
        file.write_bytes(b"<html>Please log in</html>")
        reason = "incorrect header check"
    else:
        file.unlink()
        reason = "404"
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        MNIST(tmp_path / "root", download=True)
    assert f"{address}train-images-idx3-ubyte.gz: " in str(caught.value)
    assert reason in str(caught.value)
    assert names_in(tmp_path / "root") == []


def test_without_pooch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match="the extra `download`"):
        MNIST(tmp_path, download=True)


# -- the official files ---------------------------------------------------------------------------


def official_folder() -> Path:
    named = os.environ.get("MINICNN_DATA")
    if not named:
        pytest.skip("the environment variable MINICNN_DATA does not name a folder")
    missing = [name for name in NAMES if mnist.find(Path(named), name) is None]
    if missing:
        pytest.skip(f"MINICNN_DATA={named} lacks the MNIST files {', '.join(missing)}")
    return Path(named)


OFFICIAL = os.environ.get("MINICNN_DATA")


@pytest.mark.parametrize(("train", "n"), [(True, 60_000), (False, 10_000)])
def test_the_official_files(monkeypatch: pytest.MonkeyPatch, train: bool, n: int) -> None:
    if OFFICIAL:
        monkeypatch.setenv("MINICNN_DATA", OFFICIAL)
    dataset = MNIST(official_folder(), train=train)
    assert dataset.data.shape == (n, 28, 28)
    counts = {  # the class sizes that are known of MNIST
        True: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        False: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    }
    assert np.bincount(dataset.targets).tolist() == counts[train]
    # The known mean and deviation of the training pixels, 0.1307 and 0.3081.
    if train:
        assert dataset.data.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
        assert dataset.data.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_the_checksums_are_those_of_the_official_files(monkeypatch: pytest.MonkeyPatch) -> None:
    if OFFICIAL:
        monkeypatch.setenv("MINICNN_DATA", OFFICIAL)
    # MD5 sums of the unpacked files, as published in many places
    published = {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
    folder = official_folder()
    for name, md5 in published.items():
        path = mnist.find(folder, name)
        assert path is not None
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        assert hashlib.md5(data).hexdigest() == md5
        assert hashlib.sha256(data).hexdigest() == mnist.SHA256[name]
