"""A kernel slid over a photo, and what happens where it reaches over the edge."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.filters._checks import kernel_values, photo
from minicnn.filters.kernels import kernel as kernel_of
from minicnn.nn.functional import conv2d, pad
from minicnn.tensor import no_grad

EDGES = {  # what stands in for the pixels beyond the edge: the mode of `pad`; None for none
    "extend": "replicate",
    "pad": "constant",
    "reflect": "reflect",
    "wrap": "circular",
    "crop": None,
}


@no_grad()
def apply(image: Any, kernel: Any, edges: str = "extend") -> np.ndarray:
    """Slide a kernel over a photo: each pixel becomes a weighted sum of those around it.

    y[h, w] = sum over i, j of kernel[i, j] * image[h + i - K_h // 2, w + j - K_w // 2], for each
    channel by itself. The kernel is not turned round (correlation, as in a CNN). The sums are
    computed in float64.

    Args:
        image: A photo, shape (H, W) or (H, W, 3), uint8, float32 or float64.
        kernel: Name of a classical filter (see `KERNELS`), or weights of shape (K_h, K_w).
        edges: What lies beyond the edge: "extend", copies of the outermost pixel; "pad", zeros;
            "reflect", the image mirrored at its outermost pixel; "wrap", the other end of the
            image; "crop", nothing: only where the kernel fits there is a result.

    Returns:
        Shape of the image; with "crop" (H - K_h + 1, W - K_w + 1). float32 for a float32 image,
        else float64; values may be negative or beyond the image's range.

    Raises:
        ValueError: If a shape or a name is wrong, or the kernel reaches too far over the edge.
        TypeError: If the image has another dtype.

    Example:
        >>> apply(np.eye(3), np.ones((2, 2)), edges="crop")
        array([[2., 1.],
               [1., 2.]])

    Source: scipy.ndimage.correlate, to which it is equal: its modes nearest, constant, mirror and
    wrap, in this order.
    """
    pixels = photo("apply", image)
    weight = kernel_values("apply", kernel_of(kernel) if isinstance(kernel, str) else kernel)
    if edges not in EDGES:
        raise ValueError(f"apply: edges must be one of {', '.join(EDGES)}, got {edges!r}")
    _check_reach(pixels.shape[:2], weight.shape, edges)
    planes = pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1)  # (C, H, W)
    x: Any = np.ascontiguousarray(planes[:, np.newaxis], np.float64)  # (C, 1, H, W)
    mode = EDGES[edges]
    if mode is not None:
        height, width = weight.shape
        margins = (width // 2, (width - 1) // 2, height // 2, (height - 1) // 2)
        x = pad(x, margins, mode=mode)
    y = conv2d(x, weight[np.newaxis, np.newaxis]).data  # (C, 1, H_out, W_out)
    y = np.moveaxis(y[:, 0], 0, -1)
    return np.ascontiguousarray(y if pixels.ndim == 3 else y[..., 0], pixels.dtype)


def gradient_magnitude(image: Any, kind: str = "sobel", edges: str = "extend") -> np.ndarray:
    """Return how steeply the brightness changes at each pixel, in whichever direction.

    sqrt(gx^2 + gy^2), gx and gy by the kernels kind_x and kind_y.

    Args:
        image: A photo, shape (H, W) or (H, W, 3), uint8, float32 or float64.
        kind: "sobel" or "prewitt".
        edges: See `apply`.

    Returns:
        As `apply`, never negative.

    Raises:
        ValueError, TypeError: As `apply`.

    Example:
        >>> gradient_magnitude(np.array([[0.0, 0, 9], [0, 0, 9], [0, 0, 9]]))[1]
        array([ 0., 36., 36.])
    """
    if kind not in ("sobel", "prewitt"):
        raise ValueError(f"gradient_magnitude: kind must be 'sobel' or 'prewitt', got {kind!r}")
    return np.hypot(apply(image, f"{kind}_x", edges), apply(image, f"{kind}_y", edges))


def _check_reach(image: tuple[int, ...], kernel: tuple[int, ...], edges: str) -> None:
    """Raise if the kernel needs pixels that these edges cannot give."""
    least = {  # sides of the smallest image that will do
        "crop": kernel,
        "reflect": tuple(size // 2 + 1 for size in kernel),
        "wrap": tuple(max(size // 2, 1) for size in kernel),
    }.get(edges, (1, 1))
    if any(n < needed for n, needed in zip(image, least)):
        raise ValueError(
            f"apply: a kernel of {kernel[0]} x {kernel[1]} with edges={edges!r} needs an image of"
            f" at least {least[0]} x {least[1]} pixels, got {image[0]} x {image[1]}"
        )
