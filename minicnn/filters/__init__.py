"""Classical filters on photos: small kernels that somebody chose, by the library's own conv2d.

>>> import numpy as np
>>> from minicnn import filters
>>> photo = np.zeros((4, 6), np.uint8)
>>> photo[:, 3:] = 200
>>> filters.apply(photo, "sobel_x")[1]
array([  0.,   0., 800., 800.,   0.,   0.])
"""

from minicnn.filters.apply import EDGES, apply, gradient_magnitude
from minicnn.filters.frequency import (
    frequency_response,
    high_pass,
    low_pass,
    spectrum,
    transfer_function,
)
from minicnn.filters.kernels import KERNELS, box, gabor, gaussian, kernel

__all__ = [
    "apply",
    "gradient_magnitude",
    "EDGES",
    "KERNELS",
    "kernel",
    "box",
    "gaussian",
    "gabor",
    "spectrum",
    "frequency_response",
    "low_pass",
    "high_pass",
    "transfer_function",
]
