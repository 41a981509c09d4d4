"""CIFAR: records are read as the format says, wrong files say where, downloads are whole or not."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import FormatError
from minicnn.data import DataLoader
from minicnn.datasets import CIFAR10, CIFAR100, cifar
from tests.datasets.local_server import serving
from tests.machine import cases

RECORD = 1 + 3072
OFFICIAL = os.environ.get("MINICNN_DATA")


def pixels(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(3072)


def record(label: int, seed: int) -> bytes:
    return bytes([label]) + pixels(seed)


def cifar10_files() -> dict[str, bytes]:
    """Two records in each file: batch i has the labels i and i + 1, the test part 8 and 9."""
    files = {
        f"data_batch_{i}.bin": record(i, 2 * i) + record(i + 1, 2 * i + 1) for i in range(1, 6)
    }
    return files | {"test_batch.bin": record(8, 100) + record(9, 101)}


def cifar100_files() -> dict[str, bytes]:
    return {
        "train.bin": bytes([19, 99]) + pixels(0) + bytes([4, 0]) + pixels(1),
        "test.bin": bytes([1, 1]) + pixels(2),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(autouse=True)
def no_files_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("below", ["", "cifar-10-batches-bin"])
@pytest.mark.parametrize("named_by", ["root", "environment", "cache"])
def test_files_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, named_by: str
) -> None:
    folder = tmp_path / "cache" / "minicnn"
    write(folder / below, cifar10_files())
    if named_by == "environment":
        monkeypatch.setenv("MINICNN_DATA", str(folder))
        monkeypatch.delenv("XDG_CACHE_HOME")
    root = folder if named_by == "root" else None
    assert CIFAR10(root).targets.tolist() == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    assert CIFAR10(root, train=False).targets.tolist() == [8, 9]


def test_samples_and_batches_are_what_the_records_hold(tmp_path: Path) -> None:
    train = CIFAR10(write(tmp_path, cifar10_files()))
    stored = np.frombuffer(pixels(7), np.uint8).reshape(3, 32, 32)  # second record of batch 3
    assert (train.data.shape, train.data.dtype) == ((10, 32, 32, 3), np.uint8)
    np.testing.assert_array_equal(train.data[5, :, :, 1], stored[1])
    image, label = train[5]
    assert (image.shape, image.dtype, label) == ((3, 32, 32), np.float32, 4)
    np.testing.assert_allclose(image.data, stored / 255, rtol=1e-7)
    images, labels = train.get_batch(np.array([9, 5]))
    assert (images.shape, labels.tolist()) == ((2, 3, 32, 32), [6, 4])
    assert images.data.flags.c_contiguous
    np.testing.assert_array_equal(images.data[1], image.data)
    assert train.classes[4] == "deer"


def test_transforms_are_applied_singly_and_in_batches(tmp_path: Path) -> None:
    write(tmp_path, cifar10_files())
    plain = CIFAR10(tmp_path)
    changed = CIFAR10(
        tmp_path,
        transform=lambda x: x[::-1].transpose(2, 0, 1) / np.float32(255),
        target_transform=lambda y: -y,
    )
    ((images, labels),) = DataLoader(changed, batch_size=10)
    expected, targets = plain.get_batch(np.arange(10))
    np.testing.assert_array_equal(images.data, expected.data[:, :, ::-1])
    np.testing.assert_array_equal(labels.data, -targets.data)


@pytest.mark.parametrize("below", ["", "cifar-100-binary"])
def test_cifar100_has_fine_and_coarse_labels(tmp_path: Path, below: str) -> None:
    write(tmp_path / below, cifar100_files())
    train, test = CIFAR100(tmp_path), CIFAR100(tmp_path, train=False)
    assert (train.targets.tolist(), train.coarse_targets.tolist()) == ([99, 0], [19, 4])
    assert test.targets.tolist() == [1]
    np.testing.assert_array_equal(
        train.data[1].transpose(2, 0, 1).ravel(), np.frombuffer(pixels(1), np.uint8)
    )
    assert (len(train.classes), len(set(train.classes))) == (100, 100)
    assert (len(train.coarse_classes), len(set(train.coarse_classes))) == (20, 20)
    assert train.classes == tuple(sorted(train.classes))  # as the labels are numbered
    assert train.classes[99] == "worm"
    assert train.coarse_classes[4] == "fruit_and_vegetables"  # the group of apple, label 0


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=4),
    st.integers(0, 2**32),
    st.integers(0, RECORD - 1),
)
@cases(30)
def test_a_file_is_read_or_says_where_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, labels: list[int], seed: int, extra: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cifar.bin"
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 3, 32, 32), np.uint8)
    data = b"".join(bytes([label]) + x.tobytes() for label, x in zip(labels, images))
    path.write_bytes(data + bytes(extra))
    if extra:
        with pytest.raises(FormatError, match=r"must consist of records of 1 \+ 3072") as caught:
            cifar.read_cifar(path)
        assert caught.value.offset == len(labels) * RECORD
        return
    got_labels, got_images = cifar.read_cifar(path)
    assert got_labels[:, 0].tolist() == labels
    np.testing.assert_array_equal(got_images, images)


def test_wrong_files_are_format_errors_with_file_and_offset(tmp_path: Path) -> None:
    files = cifar10_files()
    write(tmp_path, files | {"data_batch_2.bin": record(1, 0) + record(10, 1)})
    with pytest.raises(
        FormatError,
        match=r"data_batch_2\.bin: at byte 3073: the label of record 1 must be 0 to 9, got 10",
    ):
        CIFAR10(tmp_path)
    write(tmp_path, files | {"data_batch_5.bin": b""})
    with pytest.raises(FormatError, match=r"data_batch_5\.bin: at byte 0: .* it has 0 = 0 \* 3073"):
        CIFAR10(tmp_path)
    write(tmp_path, {"test_batch.bin": cifar100_files()["test.bin"]})
    with pytest.raises(FormatError, match=r"test_batch\.bin: .* 3074 = 1 \* 3073 \+ 1"):
        CIFAR10(tmp_path, train=False)
    write(tmp_path, {"test.bin": bytes([20, 0]) + pixels(0)})
    with pytest.raises(FormatError, match=r"at byte 0: the coarse label of record 0 .* 19, got 20"):
        CIFAR100(tmp_path, train=False)
    write(tmp_path, {"test.bin": bytes([0, 100]) + pixels(0)})
    with pytest.raises(FormatError, match=r"at byte 1: the fine label of record 0 .* 99, got 100"):
        CIFAR100(tmp_path, train=False)


def test_missing_files_are_listed_with_advice(tmp_path: Path) -> None:
    files = cifar10_files()
    del files["data_batch_4.bin"]
    with pytest.raises(FileNotFoundError, match=r"^CIFAR10: data_batch_4\.bin not found") as caught:
        CIFAR10(write(tmp_path, files))
    for word in [str(tmp_path), "cifar-10-batches-bin", "MINICNN_DATA", "download=True", "pooch"]:
        assert word in str(caught.value)


# -- downloading, from this machine only ----------------------------------------------------------


def archive_of(files: dict[str, bytes]) -> bytes:
    """Return a tar.gz of files, with one that must not be unpacked."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in [*files.items(), ("../outside", b"x")]:
            info = tarfile.TarInfo(name if "/" in name else f"cifar-10-batches-bin/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serve a folder as the only mirror; yield a function that puts the archive there."""
    folder = write(tmp_path / "served", {})
    with serving(folder, monkeypatch) as address:
        monkeypatch.setattr(cifar, "MIRRORS", (address,))

        def put(data: bytes) -> None:
            (folder / CIFAR10.archive).write_bytes(data)
            monkeypatch.setitem(cifar.SHA256, CIFAR10.archive, hashlib.sha256(data).hexdigest())

        yield put


def test_download_unpacks_the_files_and_keeps_nothing_else(tmp_path: Path, served: Any) -> None:
    served(archive_of(cifar10_files()))
    root = tmp_path / "new" / "root"
    assert len(CIFAR10(root, download=True)) == 10
    assert [path.name for path in root.iterdir()] == ["cifar-10-batches-bin"]
    assert sorted(p.name for p in (root / "cifar-10-batches-bin").iterdir()) == sorted(
        cifar10_files()
    )
    assert not (tmp_path / "new" / "outside").exists()
    served(b"not asked for again")
    assert len(CIFAR10(root, train=False, download=True)) == 2


@pytest.mark.parametrize("damage", ["changed", "lacking", "absent"])
def test_a_bad_download_leaves_nothing(tmp_path: Path, served: Any, damage: str) -> None:
    files = cifar10_files()
    reason = "404"
    if damage == "changed":
        served(archive_of(files))
        cifar.SHA256[CIFAR10.archive] = "0" * 64  # the fixture's monkeypatch restores it
        reason = "its content has SHA-256"
    elif damage == "lacking":
        del files["data_batch_3.bin"]
        served(archive_of(files))
        reason = "cifar-10-binary.tar.gz does not hold cifar-10-batches-bin/data_batch_3.bin"
    with pytest.raises(OSError, match=reason):
        CIFAR10(tmp_path / "root", download=True)
    assert list((tmp_path / "root").iterdir()) == []


# -- the official files ---------------------------------------------------------------------------


@pytest.mark.parametrize(("train", "n"), [(True, 5000), (False, 1000)])
def test_the_official_files(train: bool, n: int) -> None:
    if not OFFICIAL:
        pytest.skip("the environment variable MINICNN_DATA does not name a folder")
    try:
        dataset = CIFAR10(OFFICIAL, train=train)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert np.bincount(dataset.targets).tolist() == [n] * 10
    if train:  # the mean and deviation that are known of the training pixels
        sums = np.stack([np.bincount(dataset.data[..., c].ravel()) for c in range(3)])
        values = np.arange(256) / 255
        mean = sums @ values / sums.sum(1)
        std = np.sqrt(sums @ values**2 / sums.sum(1) - mean**2)
        np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=1e-4)
        np.testing.assert_allclose(std, [0.2470, 0.2435, 0.2616], atol=1e-4)
