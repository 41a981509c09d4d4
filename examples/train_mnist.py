"""Train LeNet-5 on the 60,000 MNIST digits and test it on the 10,000 others.

    python examples/train_mnist.py --data DIR --epochs 3

It must reach at least 98.7 % of the test images after 3 epochs with the other settings as they are,
and the SHA-256 of the final weights must not depend on --threads. DIR holds the four official files
(train-images-idx3-ubyte.gz and so on); see minicnn.datasets.MNIST. Needs tqdm: the extra `demo`.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import time

import numpy as np
from tqdm import tqdm

import minicnn
import minicnn.nn.functional as F
from minicnn import nn
from minicnn.data import DataLoader
from minicnn.datasets import MNIST
from minicnn.models import LeNet5
from minicnn.optim import Adam, Optimizer


def set_step_size(optimizer: Optimizer, highest: float, progress: float) -> None:
    """Rise to `highest` over the first tenth of the steps, then fall along half a cosine to 0."""
    warm_up = 0.1
    if progress < warm_up:
        factor = progress / warm_up
    else:
        factor = (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
    optimizer.param_groups[0]["lr"] = highest * factor


def train(model: nn.Module, loader: DataLoader, args: argparse.Namespace) -> None:
    """Train for all epochs, with a line of loss, accuracy and speed after each."""
    optimizer = Adam(model.parameters(), lr=args.lr)
    steps = args.epochs * len(loader)
    step = 0
    model.train()
    for epoch in range(1, args.epochs + 1):
        start = time.perf_counter()
        loss_sum = right = seen = 0.0
        for x, labels in tqdm(loader, desc=f"epoch {epoch}", unit="batch", leave=False):
            step += 1
            set_step_size(optimizer, args.lr, step / steps)
            optimizer.zero_grad()
            logits = model(x)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            right += (logits.data.argmax(axis=1) == labels.data).sum()
            seen += len(labels)
        speed = seen / (time.perf_counter() - start)
        print(
            f"epoch {epoch:3}   loss {loss_sum / seen:.4f}   accuracy {right / seen:.2%}"
            f"   {speed:,.0f} images per second"
        )


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    right = seen = 0
    with minicnn.no_grad():
        for x, labels in loader:
            right += int((model(x).data.argmax(axis=1) == labels.data).sum())
            seen += len(labels)
    return right / seen


def sha256_of_weights(model: nn.Module) -> str:
    """Return the hash of all weights as little-endian bytes, in the order of `state_dict`."""
    digest = hashlib.sha256()
    for value in model.state_dict().values():
        digest.update(np.ascontiguousarray(value.data, dtype="<f4").tobytes())
    return digest.hexdigest()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", help="folder of the files; $MINICNN_DATA if left out")
    parser.add_argument("--download", action="store_true", help="fetch the files if missing")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=4e-3, help="largest step size of Adam")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="threads of a kernel; all cores if left out")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    if args.threads is not None:
        minicnn.set_num_threads(args.threads)
    minicnn.manual_seed(args.seed)
    model = LeNet5()
    train_set = MNIST(args.data, train=True, download=args.download)
    test_set = MNIST(args.data, train=False, download=args.download)
    loader = DataLoader(train_set, args.batch_size, shuffle=True, seed=args.seed, num_workers=1)
    train(model, loader, args)
    print(f"test accuracy {accuracy(model, DataLoader(test_set, batch_size=500)):.2%}")
    print(f"SHA-256 of the weights {sha256_of_weights(model)}")


if __name__ == "__main__":
    main()
