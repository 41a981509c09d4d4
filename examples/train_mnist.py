"""Train LeNet-5 on the 60,000 MNIST digits and test it on the 10,000 others.

    python examples/train_mnist.py --data DIR --epochs 3

It must reach at least 98.7 % of the test images after 3 epochs with the other settings as they are,
and the SHA-256 of the final weights must not depend on --threads. DIR holds the four official files
(train-images-idx3-ubyte.gz and so on); see minicnn.datasets.MNIST.
"""

from __future__ import annotations

import argparse
import hashlib
import math

import numpy as np

import minicnn
from minicnn import nn
from minicnn.data import DataLoader
from minicnn.datasets import MNIST
from minicnn.metrics import Accuracy
from minicnn.models import LeNet5
from minicnn.optim import Adam
from minicnn.optim.lr_scheduler import LambdaLR
from minicnn.training import Trainer


def rise_and_fall(progress: float) -> float:
    """Return the part of the highest step size: it rises over the first tenth, then falls to 0."""
    warm_up = 0.1
    if progress < warm_up:
        return progress / warm_up
    return (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2


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
    train = DataLoader(train_set, args.batch_size, shuffle=True, seed=args.seed, num_workers=1)
    test = DataLoader(test_set, batch_size=500)
    optimizer = Adam(model.parameters(), lr=args.lr)
    steps = args.epochs * len(train)
    scheduler = LambdaLR(optimizer, lambda step: rise_and_fall((step + 1) / steps))
    trainer = Trainer(optimizer, metrics=[Accuracy()], scheduler=scheduler, schedule="step")
    trainer.fit(model, train, args.epochs)
    print(f"test accuracy {trainer.evaluate(model, test)['accuracy']:.2%}")
    print(f"SHA-256 of the weights {sha256_of_weights(model)}")


if __name__ == "__main__":
    main()
