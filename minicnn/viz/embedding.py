"""Feature vectors as points in a plane, near each other where the network finds them alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn._checks import integer
from minicnn.training._optional import optional_import
from minicnn.viz._figure import heading, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Ten hues of like weight (Tol, "Colour schemes", muted); each point is its label's text besides.
COLORS = (
    "#332288", "#cc6677", "#117733", "#882255", "#0077bb",
    "#aa4499", "#999933", "#44aa99", "#ee7733", "#555555",
)  # fmt: skip
METHODS = ("pca", "tsne")


def pca(features: Any, components: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Turn feature vectors so that their first coordinates tell most about them.

    By the singular value decomposition of the centred features, X - mean = U S V^T: coordinates are
    U S, and S^2 / sum(S^2) is the share of the variance that each of them has. Each row of V^T
    points so that its largest entry is positive, so that a picture is not mirrored at random.

    Args:
        features: Shape (N, F); further axes are flattened.
        components: Coordinates to return, at most min(N, F).

    Returns:
        Coordinates, shape (N, components), and the shares of all the variance, (components,).

    Raises:
        ValueError: If there are fewer coordinates than asked for, or values are not finite.

    Example:
        >>> coordinates, shares = pca([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]], components=1)
        >>> coordinates.round(3).tolist(), shares.round(3).tolist()
        ([[-2.828], [0.0], [2.828]], [1.0])

    Source: Jolliffe, "Principal Component Analysis", 2nd edition, 2002, section 3.5.
    """
    matrix = _matrix("pca", features)
    count = integer("pca", "components", components)
    if not 1 <= count <= min(matrix.shape):
        raise ValueError(
            f"pca: components must be 1 to min(N, F) = {min(matrix.shape)}, got {count}"
        )
    u, s, vt = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)
    largest = vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)]
    signs = np.where(largest < 0, -1.0, 1.0)
    total = (s**2).sum()
    shares = s**2 / total if total > 0 else np.zeros_like(s)
    return (u * s * signs)[:, :count], shares[:count]


def embedding(
    features: Any,
    labels: Any,
    classes: Sequence[Any] = (),
    *,
    method: str = "pca",
    seed: int = 0,
    title: str = "",
    figure: Any = None,
) -> Figure:
    """Draw feature vectors as points of a plane; each is the name of its class.

    Args:
        features: What a layer gives (see `activations`), shape (N, F); further axes are flattened.
        labels: Class of each, shape (N,).
        classes: Names of the classes, short ones; 0, 1, ... if left out.
        method: "pca", the two directions in which they vary most (see `pca`); or "tsne",
            scikit-learn's t-SNE (the extra `viz`), which keeps neighbours together and says
            nothing about distances between groups.
        seed: Of t-SNE.
        title: Stands above.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure.

    Raises:
        ValueError: If shapes do not fit, or the method is unknown.
        ImportError: If matplotlib, or for "tsne" scikit-learn, is missing (the extra `viz`).

    Example:
        >>> figure = embedding(np.eye(4), [0, 0, 1, 1])
        >>> figure.axes[0].get_xlabel()
        'first principal component (33 % of the variance)'

    Source: van der Maaten & Hinton, "Visualizing data using t-SNE", JMLR 9, 2008.
    """
    if method not in METHODS:
        raise ValueError(f"embedding: method must be 'pca' or 'tsne', got {method!r}")
    matrix, true = _matrix("embedding", features), np.asarray(labels)
    if true.shape != (len(matrix),) or true.dtype.kind not in "iu":
        raise ValueError(
            f"embedding: labels must be {len(matrix)} integers, one for each row of features, got"
            f" {true.dtype} of shape {true.shape}"
        )
    points, x_label, y_label = _project(matrix, method, seed)
    names = {k: str(classes[k]) if classes else str(k) for k in np.unique(true).tolist()}
    figure = new_figure("embedding", 7.5, 6.5, figure)
    axes = figure.subplots()
    for i, (label, name) in enumerate(names.items()):
        marker, own = f"${name}$", points[true == label]
        size = 45.0 * max(1, len(name))
        axes.scatter(own[:, 0], own[:, 1], s=size, marker=marker, color=COLORS[i % len(COLORS)])
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    if method == "tsne":  # the coordinates have no unit
        axes.set_xticks([])
        axes.set_yticks([])
    heading(figure, title)
    return figure


def _project(matrix: np.ndarray, method: str, seed: int) -> tuple[np.ndarray, str, str]:
    if method == "pca":
        points, shares = pca(matrix)
        words = [
            f"{which} principal component ({100 * share:.0f} % of the variance)"
            for which, share in zip(("first", "second"), shares)
        ]
        return points, words[0], words[1]
    manifold = optional_import("sklearn.manifold", "viz.embedding", "viz")
    perplexity = min(30.0, (len(matrix) - 1) / 3)
    t_sne = manifold.TSNE(init="pca", perplexity=perplexity, random_state=seed)
    limits = optional_import("threadpoolctl", "viz.embedding", "viz")  # scikit-learn needs it, too
    with limits.threadpool_limits(1):  # the same points whatever the machine; and no idle spinning
        points = t_sne.fit_transform(matrix.astype(np.float32))
    return points, "t-SNE, first coordinate (no unit)", "t-SNE, second coordinate (no unit)"


def _matrix(op: str, features: Any) -> np.ndarray:
    matrix = np.asarray(features, np.float64)
    if matrix.ndim < 2 or not matrix.size:
        raise ValueError(f"{op}: features must have shape (N, F), got {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{op}: features must be finite, some are NaN or infinite")
    return matrix.reshape(len(matrix), -1)
