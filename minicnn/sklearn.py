"""A classifier that scikit-learn takes for one of its own (needs the extra `sklearn`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import nn, random
from minicnn.data import DataLoader, TensorDataset
from minicnn.nn import functional as F
from minicnn.optim import Adam
from minicnn.optim.lr_scheduler import CosineAnnealingLR
from minicnn.tensor import Tensor
from minicnn.training import Trainer
from minicnn.training._optional import optional_import
from minicnn.training.evaluation import predict

optional_import("sklearn", "minicnn.sklearn", "sklearn")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402  # its absence is explained first
from sklearn.utils import check_random_state  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

Shape = tuple[int, ...]


def small_cnn(image_shape: Shape, num_classes: int) -> nn.Sequential:
    """Return two convolutions, each with a pooling where the image allows it, and two Linears.

    Args:
        image_shape: (C, H, W).
        num_classes: Classes to tell apart.

    Example:
        >>> small_cnn((1, 8, 8), 10)(np.zeros((5, 1, 8, 8), np.float32)).shape
        (5, 10)
    """
    channels, height, width = image_shape
    layers: list[nn.Module] = []
    for out_channels in (16, 32):
        layers += [nn.Conv2d(channels, out_channels, 3, padding=1), nn.ReLU()]
        channels = out_channels
        if min(height, width) >= 4:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
    flat = channels * height * width
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(flat, 64), nn.ReLU(), nn.Linear(64, num_classes)
    )


class CNNClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """A convolutional network with scikit-learn's `fit`, `predict` and `predict_proba`.

    Args:
        module: Called as module(image_shape, num_classes), returns a network that gives logits of
            shape (N, num_classes); `small_cnn` if None.
        image_shape: (C, H, W) of an image, whose numbers are a row of X; if None, X has images of
            shape (C, H, W), or rows that are taken as images of one line, (1, 1, features).
        epochs: Passes over the training samples.
        batch_size: Samples in a batch.
        lr: Highest step size of Adam; it falls along half a cosine over the run.
        weight_decay: Adam's.
        random_state: Seed of weights, order and dropout: an int, a RandomState, or None for another
            one each time.
        verbose: Whether to show how the training goes.

    Attributes:
        model_: The trained network, in `eval` mode.
        history_: The `History` of the training.
        classes_: The labels, sorted; shape (classes,).
        n_features_in_: X.shape[1] of the training samples.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> classifier = CNNClassifier(image_shape=(1, 8, 8), epochs=6, random_state=0)
        >>> bool(classifier.fit(X[:600] / 16, y[:600]).score(X[600:800] / 16, y[600:800]) > 0.7)
        True
    """

    def __init__(
        self,
        module: Callable[[Shape, int], nn.Module] | None = None,
        image_shape: Sequence[int] | None = None,
        *,
        epochs: int = 20,
        batch_size: int = 32,
        lr: float = 3e-3,
        weight_decay: float = 0.0,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.module = module
        self.image_shape = image_shape
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> CNNClassifier:
        """Train a new network and return self.

        Args:
            X: Images, shape (N, features) or (N, C, H, W).
            y: Labels of any kind, shape (N,).

        Raises:
            ValueError: If X does not fit `image_shape`, or is nothing that can be learned from.
        """
        X, y = validate_data(self, X, y, allow_nd=True, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        images = self._images(X)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        state = random.default_generator.bit_generator.state
        random.manual_seed(seed)
        try:
            self._train(images, labels.astype(np.int64), seed)
        finally:  # who uses minicnn directly finds its random numbers untouched
            random.default_generator.bit_generator.state = state
        return self

    def _train(self, images: np.ndarray, labels: np.ndarray, seed: int) -> None:
        make = small_cnn if self.module is None else self.module
        model = make(images.shape[1:], len(self.classes_))
        loader = DataLoader(TensorDataset(images, labels), self.batch_size, shuffle=True, seed=seed)
        optimizer = Adam(model.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        steps = max(1, self.epochs * math.ceil(len(labels) / self.batch_size))
        trainer = Trainer(
            optimizer,
            scheduler=CosineAnnealingLR(optimizer, steps),
            schedule="step",
            progress=self.verbose,
        )
        self.history_ = trainer.fit(model, loader, self.epochs)
        self.model_ = model.eval()

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, in the order of `classes_`, shape (N, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, allow_nd=True, dtype=np.float32, reset=False)
        images = self._images(X)
        batches = [images[i : i + 256] for i in range(0, len(images), 256)]
        logits = predict(self.model_, batches)
        return F.softmax(Tensor(logits.astype(np.float64)), 1).data

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sample, shape (N,)."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _images(self, X: np.ndarray) -> np.ndarray:
        """Return X as images, shape (N, C, H, W)."""
        if self.image_shape is None:
            if X.ndim == 2:
                return X.reshape(len(X), 1, 1, -1)
            if X.ndim == 4:
                return X
            raise ValueError(
                f"CNNClassifier: X must have shape (N, features) or (N, C, H, W), got {X.shape}"
            )
        shape = tuple(int(n) for n in self.image_shape)
        if len(shape) != 3 or min(shape) < 1:
            raise ValueError(f"CNNClassifier: image_shape must be (C, H, W), got {shape}")
        if X.shape[1:] not in (shape, (math.prod(shape),)):
            raise ValueError(
                f"CNNClassifier: with image_shape={shape}, X must have shape (N,"
                f" {math.prod(shape)}) or (N, {shape[0]}, {shape[1]}, {shape[2]}), got {X.shape}"
            )
        return X.reshape(len(X), *shape)
