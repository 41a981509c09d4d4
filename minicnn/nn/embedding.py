"""A table of vectors to be learned."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.nn import functional as F
from minicnn.nn import init
from minicnn.nn.linear import size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter


class Embedding(Module):
    """Looks vectors up by their numbers.

    Args:
        num_embeddings: How many vectors.
        embedding_dim: Values of each.
        padding_idx: A vector that is 0 at first and gets no gradient.
        dtype: float32 or float64.

    Attributes:
        weight: Shape (num_embeddings, embedding_dim), drawn from the standard normal distribution.

    Raises:
        ValueError: If a number is not one of the vectors'.

    Example:
        >>> Embedding(10, 3)([[1, 2, 4, 5], [4, 3, 2, 9]]).shape
        (2, 4, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        self.num_embeddings = n = size("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = size("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None:
            padding_idx = integer("Embedding", "padding_idx", padding_idx)
            if not -n <= padding_idx < n:
                raise ValueError(
                    f"Embedding: padding_idx must be from {-n} to {n - 1}, got {padding_idx}"
                )
            padding_idx %= n
        self.padding_idx = padding_idx
        self.weight = Parameter(np.empty((n, self.embedding_dim), dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input: Any) -> Any:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
