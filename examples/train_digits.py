"""Train a small CNN on 1442 handwritten digits and test it on 355 others; draw how it went.

    python examples/train_digits.py

It must reach at least 97.5 % of the test images. It writes weights.safetensors, loss_curve.png and
confusion_matrix.png to runs/demo/. Needs tqdm and matplotlib: the extra `demo`.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files, without a screen

import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

import minicnn
import minicnn.nn.functional as F
from minicnn import nn
from minicnn.data import DataLoader
from minicnn.datasets import Digits
from minicnn.optim import Adam

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


def train_epoch(
    model: nn.Module, loader: DataLoader, optimizer: minicnn.optim.Optimizer
) -> tuple[float, float]:
    """Take one step for each batch; return mean loss and accuracy over the epoch."""
    model.train()
    loss_sum = right = seen = 0.0
    for x, labels in loader:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(labels)
        right += (logits.data.argmax(axis=1) == labels.data).sum()
        seen += len(labels)
    return loss_sum / seen, right / seen


def predict(model: nn.Module, loader: DataLoader) -> tuple[np.ndarray, np.ndarray, float]:
    """Return predicted and true labels, shape (N,), and the mean loss."""
    model.eval()
    predicted, true, loss_sum = [], [], 0.0
    with minicnn.no_grad():
        for x, labels in loader:
            logits = model(x)
            loss_sum += F.cross_entropy(logits, labels).item() * len(labels)
            predicted.append(logits.data.argmax(axis=1))
            true.append(labels.data)
    all_true = np.concatenate(true)
    return np.concatenate(predicted), all_true, loss_sum / len(all_true)


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


def draw_confusion(predicted: np.ndarray, true: np.ndarray, path: Path) -> None:
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (true, predicted), 1)
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

    start = time.perf_counter()
    train_losses, test_losses = [], []
    with tqdm(range(1, args.epochs + 1), unit="epoch") as epochs:
        for epoch in epochs:
            # The step size falls along half a cosine, so that the last epochs settle.
            progress = (epoch - 1) / args.epochs
            optimizer.param_groups[0]["lr"] = args.lr * (1 + math.cos(math.pi * progress)) / 2
            loss, accuracy = train_epoch(model, train, optimizer)
            predicted, true, test_loss = predict(model, test)
            train_losses.append(loss)
            test_losses.append(test_loss)
            epochs.write(f"epoch {epoch:3}   loss {loss:.4f}   accuracy {accuracy:.2%}")
    seconds = time.perf_counter() - start

    args.out.mkdir(parents=True, exist_ok=True)
    minicnn.save(model.state_dict(), args.out / "weights.safetensors")
    draw_losses(train_losses, test_losses, args.out / "loss_curve.png")
    draw_confusion(predicted, true, args.out / "confusion_matrix.png")
    print(f"test accuracy {np.mean(predicted == true):.2%} after {seconds:.1f} s of training")
    print(f"wrote weights.safetensors, loss_curve.png and confusion_matrix.png to {args.out}/")


if __name__ == "__main__":
    main()
