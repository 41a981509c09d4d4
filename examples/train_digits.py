"""Train a small CNN on 1442 handwritten digits and test it on 355 others; draw how it went.

    python examples/train_digits.py

It must reach at least 97.5 % of the test images. It writes weights.safetensors, loss_curve.png and
confusion_matrix.png to runs/demo/. Needs matplotlib: the extra `demo`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files, without a screen

import matplotlib.pyplot as plt
import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader
from minicnn.datasets import Digits
from minicnn.metrics import Accuracy, ConfusionMatrix
from minicnn.optim import Adam
from minicnn.optim.lr_scheduler import CosineAnnealingLR
from minicnn.training import Trainer

BLUE, ORANGE = "#2a6fbb", "#d9822b"


def make_model() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),  # (N, 16, 8, 8)
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),  # (N, 32, 8, 8)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 32, 4, 4)
        nn.Flatten(),  # (N, 512)
        nn.Dropout(0.25),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def draw_losses(train: list[float], test: list[float], path: Path) -> None:
    epochs = np.arange(1, len(train) + 1)
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    axes.plot(epochs, train, color=BLUE, linewidth=2, label="training images")
    axes.plot(epochs, test, color=ORANGE, linewidth=2, label="test images")
    axes.set_yscale("log")
    axes.set_title("Cross-entropy while training on Digits", loc="left", fontweight="bold")
    axes.set_xlabel("epoch (passes over the 1442 training images)")
    axes.set_ylabel("mean loss per image (nats, log scale)")
    axes.set_xlim(1, max(2, len(train)))
    axes.grid(which="both", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_confusion(counts: np.ndarray, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(6.2, 5.6), layout="constrained")
    picture = axes.imshow(counts, cmap="Blues")
    for row, column in np.argwhere(counts > 0):
        color = "white" if counts[row, column] > counts.max() / 2 else "black"
        axes.text(column, row, counts[row, column], ha="center", va="center", color=color)
    right = np.trace(counts)
    axes.set_title(
        f"{right} of {counts.sum()} test digits right ({right / counts.sum():.1%})",
        loc="left",
        fontweight="bold",
    )
    axes.set_xlabel("predicted digit")
    axes.set_ylabel("true digit")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.tick_params(length=0)
    figure.colorbar(picture, ax=axes, label="images", shrink=0.8)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3, help="step size of Adam")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder to write to")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    minicnn.manual_seed(args.seed)
    model = make_model()
    train = DataLoader(Digits(train=True), args.batch_size, shuffle=True, seed=args.seed)
    test = DataLoader(Digits(train=False), batch_size=256)
    optimizer = Adam(model.parameters(), lr=args.lr)
    print(model)

    # The step size falls along half a cosine, so that the last epochs settle.
    scheduler = CosineAnnealingLR(optimizer, args.epochs)
    trainer = Trainer(optimizer, metrics=[Accuracy(), ConfusionMatrix(10)], scheduler=scheduler)
    history = trainer.fit(model, train, args.epochs, validation=test)

    args.out.mkdir(parents=True, exist_ok=True)
    minicnn.save(model.state_dict(), args.out / "weights.safetensors")
    draw_losses(history["loss"], history["val_loss"], args.out / "loss_curve.png")
    draw_confusion(history["val_confusion_matrix"][-1], args.out / "confusion_matrix.png")
    seconds = sum(history["seconds"])
    accuracy = history["val_accuracy"][-1]
    print(f"test accuracy {accuracy:.2%} after {seconds:.1f} s of training")
    print(f"wrote weights.safetensors, loss_curve.png and confusion_matrix.png to {args.out}/")


if __name__ == "__main__":
    main()
