"""Rows of a table by number, and numbers as rows. Tests in tests/ops/test_embedding.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer, kernel_array
from minicnn.autograd import Function
from minicnn.tensor import Tensor, as_tensor


class Embedding(Function):
    """y = weight[indices]; a row's gradient is the sum over the places that show it."""

    def __init__(self, indices: np.ndarray, padding_idx: int | None) -> None:
        self.indices, self.padding_idx = indices, padding_idx

    def forward(self, weight: np.ndarray) -> np.ndarray:
        weight = kernel_array("embedding", "weight", weight)
        if weight.ndim != 2:
            raise ValueError(
                "embedding: weight must have shape (num_embeddings, embedding_dim), got"
                f" {weight.shape}"
            )
        check_indices("embedding", self.indices, len(weight), "rows of weight")
        self.weight_shape = weight.shape
        if self.padding_idx is not None:
            self.padding_idx = row_number(self.padding_idx, len(weight))
        return np.asarray(weight[self.indices])

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_weight = np.zeros(self.weight_shape, grad_y.dtype)
        indices = self.indices.reshape(-1)
        if indices.size:  # put places of the same row side by side, and add up each run of them
            order = np.argsort(indices, kind="stable")
            rows, starts = np.unique(indices[order], return_index=True)
            grad_y = grad_y.reshape(indices.size, self.weight_shape[1])
            grad_weight[rows] = np.add.reduceat(grad_y[order], starts, axis=0)
        if self.padding_idx is not None:
            grad_weight[self.padding_idx] = 0
        return (grad_weight,)


def check_indices(op: str, indices: np.ndarray, n: int, of_what: str) -> None:
    """Raise TypeError or ValueError unless all are integers in 0 to n - 1."""
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{op}: input must hold integers, got {indices.dtype}")
    bad = (indices < 0) | (indices >= n)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = f"[{', '.join(map(str, place))}]" if place else ""
        raise ValueError(
            f"{op}: input{where} = {indices[place]} is not one of the {n} {of_what}, 0 to {n - 1}"
        )


def row_number(padding_idx: Any, n: int) -> int:
    """Return padding_idx counted from the first of n rows."""
    row = integer("embedding", "padding_idx", padding_idx)
    if not -n <= row < n:
        raise ValueError(f"embedding: padding_idx must be from {-n} to {n - 1}, got {row}")
    return row % n


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """Look rows of a table up by their numbers.

    Args:
        input: Row numbers, integers of any shape (...).
        weight: The table, shape (num_embeddings, embedding_dim).
        padding_idx: A row that gets no gradient, such as that of the word "nothing".

    Returns:
        Shape (..., embedding_dim).

    Raises:
        ValueError: If a number is not one of the rows.
        TypeError: If the numbers are not integers, or weight is not float32 or float64.

    Example:
        >>> embedding([2, 0], [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]).tolist()
        [[4.0, 5.0], [0.0, 1.0]]

    Source: torch.nn.functional.embedding.
    """
    return Embedding(as_tensor(input).data, padding_idx)(as_tensor(weight))


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Turn each class number into a row of zeros with a 1 at that place.

    Args:
        tensor: Class numbers, integers of any shape (...).
        num_classes: Width of the rows; -1 means one more than the largest number.

    Returns:
        Integers, shape (..., num_classes).

    Raises:
        ValueError: If a number is negative or not below num_classes.
        TypeError: If the numbers are not integers.

    Example:
        >>> one_hot([1, 0], 3).tolist()
        [[0, 1, 0], [1, 0, 0]]

    Source: torch.nn.functional.one_hot.
    """
    labels = as_tensor(tensor).data
    classes = integer("one_hot", "num_classes", num_classes)
    if classes < 1 and classes != -1:
        raise ValueError(f"one_hot: num_classes must be positive, or -1, got {classes}")
    if classes == -1:
        if labels.size == 0:
            raise ValueError("one_hot: num_classes must be given where there is no number")
        classes = max(int(labels.max()) + 1, 1)
    check_indices("one_hot", labels, classes, "classes")
    y = np.zeros((*labels.shape, classes), np.int64)
    np.put_along_axis(y, labels.astype(np.int64)[..., np.newaxis], 1, axis=-1)
    return Tensor.of_array(y)
