"""Pictures in folders."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import FormatError, transforms
from minicnn.data import DataLoader
from minicnn.datasets import DatasetFolder, ImageFolder
from minicnn.datasets.folder import read_image

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, number in [
        ("dog/b.png", 0),
        ("cat/x.PNG", 1),
        ("cat/deep/y.bmp", 2),
        ("dog/a.ppm", 3),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[number]).save(path, format="BMP" if "bmp" in name else None)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "file.png").write_bytes(b"in no class")
    return tmp_path


def test_classes_and_samples_are_in_order(root: Path) -> None:
    folder = ImageFolder(root)
    assert folder.classes == ["cat", "dog"]
    assert folder.class_to_idx == {"cat": 0, "dog": 1}
    names = [Path(path).relative_to(root).as_posix() for path, _ in folder.samples]
    assert names == ["cat/x.PNG", "cat/deep/y.bmp", "dog/a.ppm", "dog/b.png"]
    assert folder.targets == [0, 0, 1, 1]
    assert folder.imgs is folder.samples


def test_samples_are_the_pictures(root: Path) -> None:
    image, label = ImageFolder(root)[3]
    assert (image.dtype, label) == (np.float32, 1)
    np.testing.assert_array_equal(image.data, np.float32(PIXELS[0].transpose(2, 0, 1) / 255))
    as_it_is = ImageFolder(root, transform=lambda x: x, target_transform=lambda y: "ab"[y])
    np.testing.assert_array_equal(as_it_is[0][0], PIXELS[1])
    assert as_it_is[0][1] == "a"
    resized = ImageFolder(root, transforms.Compose([transforms.Resize(3), transforms.ToTensor()]))
    ((images, labels),) = DataLoader(resized, 4, num_workers=2)
    assert (images.shape, labels.tolist()) == ((4, 3, 3, 3), [0, 0, 1, 1])


def test_grey_and_transparent_pictures_become_rgb(tmp_path: Path) -> None:
    Image.new("L", (2, 2), 9).save(tmp_path / "l.png")
    Image.new("RGBA", (2, 2), (1, 2, 3, 0)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "l.png").tolist() == [[[9] * 3] * 2] * 2
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("length", [0, 5, 30, 80])
def test_a_broken_picture_says_which_file(root: Path, length: int) -> None:
    path = root / "dog" / "b.png"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(FormatError, match=r"b\.png: Pillow cannot read it as a picture"):
        ImageFolder(root)[3]
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read_image(path)


def test_a_picture_that_is_a_program_is_not_run(tmp_path: Path, monkeypatch) -> None:
    """Pillow would give PostScript to the program gs, under whatever name the file has."""
    ghost = tmp_path / "gs"
    ghost.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    ghost.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    path = tmp_path / "x.png"
    Image.new("L", (4, 4)).save(path, "eps")
    with pytest.raises(FormatError, match=r"x\.png: Pillow cannot read it"):
        read_image(path)
    assert not (tmp_path / "ran").exists()


def test_a_small_file_of_a_huge_picture_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "huge.webp"
    Image.new("RGB", (5000, 5000)).save(path, lossless=True)
    size = path.stat().st_size
    assert size < 2000
    limit = 2**20 + 8 * 1032 * size
    with pytest.raises(FormatError, match=f"5000 x 5000 pixels of {size} bytes, more than {limit}"):
        read_image(path)
    white = Image.new("1", (3000, 3000), 1)  # as far as PNG goes, which is read
    white.save(path, "png", optimize=True)
    assert read_image(path).min() == 255


def test_missing_folders_and_classes_are_said(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder"):
        ImageFolder(root / "nowhere")
    with pytest.raises(FileNotFoundError, match="has no folders, one of which is a class"):
        ImageFolder(root / "dog")
    os.mkdir(root / "ant")
    with pytest.raises(FileNotFoundError, match="in the folders ant of"):
        ImageFolder(root)
    folder = ImageFolder(root, allow_empty=True)
    assert (folder.classes, folder.targets) == (["ant", "cat", "dog"], [1, 1, 2, 2])


def test_other_files_by_other_loaders(root: Path) -> None:
    texts = DatasetFolder(root, lambda path: Path(path).read_text(), (".txt",), allow_empty=True)
    assert [texts[i] for i in range(len(texts))] == [("no picture", 0)]
    short = ImageFolder(root, is_valid_file=lambda path: path.endswith("a.ppm"), allow_empty=True)
    assert short.targets == [1]
    with pytest.raises(ValueError, match="either extensions or is_valid_file"):
        DatasetFolder(root, str)
