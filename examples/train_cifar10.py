"""Train a network on the 50,000 images of CIFAR-10 and test it on the 10,000 others.

    python examples/train_cifar10.py --data DIR --augment none
    python examples/train_cifar10.py --data DIR --augment rotate
    python examples/train_cifar10.py --data DIR --model resnet20

Three convolutions and two fully connected layers (30 epochs of batches of 20) must reach at least
69 % of the test images as they are, and at least 75 % with augmentation: `rotate` mirrors half of
the images and turns each by up to 10 degrees. ResNet-20 (15 epochs of batches of 128) with `crop`,
which mirrors and shifts by up to 4 pixels, must reach at least 85 %, within an hour on two cores.

It writes the learning curves and the weights to --out, and checkpoints: with --resume, a run that
was interrupted goes on and ends with the same weights. DIR has the folder cifar-10-batches-bin; see
minicnn.datasets.CIFAR10. Needs tqdm and matplotlib: the extra `train`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader, Dataset
from minicnn.datasets import CIFAR10
from minicnn.metrics import Accuracy
from minicnn.models import CIFARNet, resnet20
from minicnn.optim import SGD
from minicnn.optim.lr_scheduler import OneCycleLR
from minicnn.random import current_generator
from minicnn.training import FailOnNonNumber, Trainer

SIZE = 32
PIXELS = np.arange(SIZE)
DEFAULTS = {  # of each model: epochs, batch size, step size, augmentation
    "cifarnet": (30, 20, 0.01, "rotate"),
    "resnet20": (15, 128, 0.2, "crop"),
}


class Images(Dataset):
    """CIFAR-10 by whole batches, augmented and normalized to values around 0.

    The random numbers are the loader's: the same for a batch whoever loads it and whenever.
    """

    def __init__(self, images: CIFAR10, augment: str) -> None:
        self.images, self.labels = np.ascontiguousarray(images.data), images.targets
        self.change = {"none": unchanged, "crop": mirrored_and_shifted, "rotate": turned}[augment]

    def __len__(self) -> int:
        return len(self.images)

    def get_batch(self, indices: np.ndarray) -> tuple[minicnn.Tensor, minicnn.Tensor]:
        pixels = self.change(self.images[indices], current_generator())  # (N, 32, 32, 3), 0..255
        x = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32)
        return minicnn.Tensor((x / 255 - 0.5) / 0.5), minicnn.Tensor(self.labels[indices])


def unchanged(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return images


def mirrored_and_shifted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut 32x32 pixels out of each image with 4 black ones around it; mirror every second one."""
    n = len(images)
    padded = np.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)))
    top, left = rng.integers(0, 9, size=(2, n, 1))
    columns = np.where(rng.random((n, 1)) < 0.5, PIXELS[::-1], PIXELS)
    return pick(padded, (top + PIXELS)[:, :, None], (left + columns)[:, None, :])


def turned(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn each image by -10 to 10 degrees about its middle; mirror every second one.

    Pixels are those of the original that lie nearest; what comes from outside is black.
    """
    n = len(images)
    angle = np.deg2rad(rng.uniform(-10, 10, size=(n, 1, 1)))
    columns = np.where(rng.random((n, 1, 1)) < 0.5, PIXELS[::-1], PIXELS)  # (N, 1, 32)
    middle = (SIZE - 1) / 2
    dy, dx = (PIXELS - middle)[:, None], columns - middle
    y = np.rint(np.cos(angle) * dy + np.sin(angle) * dx + middle).astype(int)  # (N, 32, 32)
    x = np.rint(np.cos(angle) * dx - np.sin(angle) * dy + middle).astype(int)
    inside = (y >= 0) & (y < SIZE) & (x >= 0) & (x < SIZE)
    return pick(images, y.clip(0, SIZE - 1), x.clip(0, SIZE - 1)) * inside[..., None]


def pick(images: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return pixels y, x of each image, y and x having shapes that broadcast to (N, 32, 32)."""
    return images[np.arange(len(images))[:, None, None], y, x]


def make_trainer(model: nn.Module, args: argparse.Namespace, steps: int) -> Trainer:
    common = dict(metrics=[Accuracy()], callbacks=[FailOnNonNumber()])
    if args.model == "cifarnet":
        return Trainer(SGD(model.parameters(), lr=args.lr), **common)
    optimizer = SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = OneCycleLR(optimizer, args.lr, steps, pct_start=0.25, cycle_momentum=False)
    return Trainer(optimizer, scheduler=scheduler, schedule="step", **common)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", help="folder of the files; $MINICNN_DATA if left out")
    parser.add_argument("--download", action="store_true", help="fetch the files if missing")
    parser.add_argument("--model", choices=DEFAULTS, default="cifarnet")
    parser.add_argument("--augment", choices=["none", "crop", "rotate"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--lr", type=float, help="step size of SGD, the highest one for resnet20")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="threads of a kernel; all cores if left out")
    parser.add_argument(
        "--out", type=Path, help="folder to write to; by default runs/MODEL-AUGMENT"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    args = parser.parse_args()
    names = ("epochs", "batch_size", "lr", "augment")
    for name, value in zip(names, DEFAULTS[args.model]):
        if getattr(args, name) is None:
            setattr(args, name, value)
    args.out = args.out or Path("runs") / f"{args.model}-{args.augment}"
    return args


def main() -> None:
    args = parse_arguments()
    if args.threads is not None:
        minicnn.set_num_threads(args.threads)
    minicnn.manual_seed(args.seed)
    model = CIFARNet() if args.model == "cifarnet" else resnet20()
    train_set = Images(CIFAR10(args.data, download=args.download), args.augment)
    test_set = Images(CIFAR10(args.data, train=False), "none")
    train = DataLoader(train_set, args.batch_size, shuffle=True, seed=args.seed, num_workers=1)
    test = DataLoader(test_set, batch_size=500)
    trainer = make_trainer(model, args, args.epochs * len(train))
    history = trainer.fit(
        model, train, args.epochs, test, checkpoint=args.out / "checkpoints", resume=args.resume
    )
    minicnn.save(model.state_dict(), args.out / "weights.safetensors")
    history.plot(args.out / "curves.png", f"{args.model} on CIFAR-10, augmentation: {args.augment}")
    print(f"test accuracy {history['val_accuracy'][-1]:.2%} after epoch {len(history)}")
    print(f"wrote weights.safetensors and curves.png to {args.out}/")


if __name__ == "__main__":
    main()
