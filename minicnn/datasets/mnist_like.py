"""FashionMNIST and KMNIST: other pictures in files of MNIST's form and names."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from minicnn.datasets.mnist import MNIST

# SHA-256 of the gzip'd files as their authors give them out.
FASHION_SHA256 = {
    "train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
FASHION_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
)
KMNIST_SHA256 = {
    "train-images-idx3-ubyte": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
    "train-labels-idx1-ubyte": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
    "t10k-images-idx3-ubyte": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    "t10k-labels-idx1-ubyte": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
}
KMNIST_MIRRORS = (
    "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
)


class _MnistLike(MNIST):
    """Its files have the names of MNIST's, so that only the folder says which ones they are."""

    @classmethod
    def _places(cls, folder: Path, named: bool, download: bool) -> list[Path]:
        below = folder / cls.below
        return [below, folder] if named and not download else [below]

    @classmethod
    def _fetch(cls, name: str, folder: Path) -> None:
        from minicnn.datasets.download import fetch  # imports much that is rarely needed

        mirrors, sha256 = cls._source()
        fetch(f"{name}.gz", folder / cls.below, mirrors, sha256[name], packed=True)

    @classmethod
    def _source(cls) -> tuple[tuple[str, ...], dict[str, str]]:
        raise NotImplementedError


class FashionMNIST(_MnistLike):
    """60,000 pictures of clothes for training and 10,000 for testing, in 10 classes.

    A sample is an image, float32 of shape (1, 28, 28) with values in [0, 1], and its label, 0 to 9.

    Args:
        root: The folder above the folder `fashion-mnist` of the official files, gzip'd or not; or,
            unless `download` is set, that folder itself. If left out, it is what `MNIST` uses.
        train, transform, target_transform, download: As of `MNIST`.

    Attributes:
        data, targets: As of `MNIST`. classes: The names of the labels.

    Raises:
        FileNotFoundError, FormatError, OSError: As `MNIST` does.

    Source: Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747; licence MIT.
    """

    below: ClassVar[str] = "fashion-mnist"
    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )

    @classmethod
    def _source(cls) -> tuple[tuple[str, ...], dict[str, str]]:
        return FASHION_MIRRORS, FASHION_SHA256


class KMNIST(_MnistLike):
    """60,000 handwritten Japanese characters for training and 10,000 for testing, in 10 classes.

    A sample is an image, float32 of shape (1, 28, 28) with values in [0, 1], and its label, 0 to 9.

    Args:
        root: The folder above the folder `kmnist` of the official files, gzip'd or not; or, unless
            `download` is set, that folder itself. If left out, it is what `MNIST` uses.
        train, transform, target_transform, download: As of `MNIST`.

    Attributes:
        data, targets: As of `MNIST`. classes: The sounds of the characters.

    Raises:
        FileNotFoundError, FormatError, OSError: As `MNIST` does.

    Source: Clanuwat et al., "Deep learning for classical Japanese literature", arXiv:1812.01718;
    licence CC BY-SA 4.0.
    """

    below: ClassVar[str] = "kmnist"
    classes: ClassVar[tuple[str, ...]] = (
        "o",
        "ki",
        "su",
        "tsu",
        "na",
        "ha",
        "ma",
        "ya",
        "re",
        "wo",
    )

    @classmethod
    def _source(cls) -> tuple[tuple[str, ...], dict[str, str]]:
        return KMNIST_MIRRORS, KMNIST_SHA256
