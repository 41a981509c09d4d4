"""FashionMNIST and KMNIST read files of MNIST's form, and never MNIST's own by mistake."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from minicnn import FormatError
from minicnn.datasets import KMNIST, MNIST, FashionMNIST, mnist_like
from tests.datasets.local_server import serving
from tests.datasets.test_mnist import NAMES, contents, write

OFFICIAL = os.environ.get("MINICNN_DATA")
KINDS = [(FashionMNIST, "fashion-mnist", "FASHION"), (KMNIST, "kmnist", "KMNIST")]


@pytest.fixture(autouse=True)
def no_files_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINICNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(("dataset", "below", "prefix"), KINDS)
def test_the_folder_of_the_name_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: type[MNIST], below: str, prefix: str
) -> None:
    write(tmp_path, contents(4, label=1), packed=False)  # MNIST's, one folder above
    write(tmp_path / below, contents(6, label=7), packed=True)
    assert dataset(tmp_path).targets.tolist() == [7] * 6
    assert dataset(tmp_path / below, train=False).targets.tolist() == [7] * 7
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    assert dataset().targets.tolist() == [7] * 6
    assert MNIST().targets.tolist() == [1] * 4
    images, labels = dataset().get_batch(np.array([5, 0]))
    assert (images.shape, labels.tolist()) == ((2, 1, 28, 28), [7, 7])
    np.testing.assert_array_equal(images.data[0], dataset()[5][0].data)


@pytest.mark.parametrize(("dataset", "below", "prefix"), KINDS)
def test_files_of_mnist_are_not_taken_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: type[MNIST], below: str, prefix: str
) -> None:
    write(tmp_path, contents(), packed=False)
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"^{dataset.__name__}: train-images") as caught:
        dataset()
    assert str(tmp_path / below) in str(caught.value)
    assert f"{dataset.__name__}(download=True)" in str(caught.value)


@pytest.mark.parametrize(("dataset", "below", "prefix"), KINDS)
def test_download_goes_to_the_folder_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: type[MNIST], below: str, prefix: str
) -> None:
    served = tmp_path / "served"
    write(served, contents(label=2), packed=True)
    root = tmp_path / "root"
    write(root, contents(label=1), packed=False)  # of MNIST: must not stop the download
    hashes = {
        name: hashlib.sha256((served / f"{name}.gz").read_bytes()).hexdigest() for name in NAMES
    }
    with serving(served, monkeypatch) as address:
        monkeypatch.setattr(mnist_like, f"{prefix}_MIRRORS", (address,))
        with pytest.raises(OSError, match="its content has SHA-256"):
            dataset(root, download=True)  # these are not the official files
        assert list((root / below).iterdir()) == []
        monkeypatch.setattr(mnist_like, f"{prefix}_SHA256", hashes)
        assert dataset(root, download=True).targets.tolist() == [2] * 5
    assert sorted(p.name for p in (root / below).iterdir()) == [
        f"{n}.gz" for n in sorted(NAMES[:2])
    ]
    assert dataset(root).targets.tolist() == [2] * 5


@pytest.mark.parametrize("dataset", [FashionMNIST, KMNIST])
def test_wrong_files_are_format_errors(tmp_path: Path, dataset: type[MNIST]) -> None:
    write(tmp_path, contents(label=10), packed=False)
    with pytest.raises(FormatError, match=r"labels.*at byte 8: a label must be 0 to 9, got 10"):
        dataset(tmp_path)
    cut = contents()[NAMES[0]][:-1]
    write(tmp_path, contents() | {NAMES[0]: cut}, packed=False)
    with pytest.raises(FormatError, match="train-images"):
        dataset(tmp_path)


def test_classes_have_their_names() -> None:
    assert (FashionMNIST.classes[0], FashionMNIST.classes[9]) == ("T-shirt/top", "Ankle boot")
    assert (len(FashionMNIST.classes), len(KMNIST.classes)) == (10, 10)
    assert KMNIST.classes[3] == "tsu"


@pytest.mark.parametrize(("dataset", "below", "prefix"), KINDS)
def test_the_official_files(dataset: type[MNIST], below: str, prefix: str) -> None:
    if not OFFICIAL:
        pytest.skip("the environment variable MINICNN_DATA does not name a folder")
    try:
        train, test = (dataset(Path(OFFICIAL) / below, train=part) for part in (True, False))
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert np.bincount(train.targets).tolist() == [6000] * 10  # both are perfectly balanced
    assert np.bincount(test.targets).tolist() == [1000] * 10
    for name, sha256 in getattr(mnist_like, f"{prefix}_SHA256").items():
        path = Path(OFFICIAL) / below / f"{name}.gz"
        if path.exists():
            data = path.read_bytes()
            assert hashlib.sha256(data).hexdigest() == sha256
            assert gzip.decompress(data)[:3] == b"\0\0\x08"
