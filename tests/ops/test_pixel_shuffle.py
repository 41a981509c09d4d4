"""pixel_shuffle and pixel_unshuffle against their definition, one pixel at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.pixel_shuffle import pixel_shuffle, pixel_unshuffle


@given(
    batch=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    C=st.integers(1, 3),
    H=st.integers(1, 4),
    W=st.integers(1, 4),
    r=st.integers(1, 3),
)
def test_each_pixel_goes_where_the_definition_says(batch, C, H, W, r):
    x = np.arange(np.prod(batch, dtype=int) * C * r * r * H * W)
    x = x.reshape(*batch, C * r * r, H, W).astype(np.float64)
    t = Tensor(x, requires_grad=True)
    y = pixel_shuffle(t, r)
    assert y.shape == (*batch, C, H * r, W * r)
    for c, h, w in np.ndindex(C, H * r, W * r):
        source = x[..., c * r * r + (h % r) * r + w % r, h // r, w // r]
        np.testing.assert_array_equal(y.data[..., c, h, w], source)
    np.testing.assert_array_equal(pixel_unshuffle(y.data, r).data, x)
    y.backward(y.data)  # each gradient is the pixel's own value, so it must come back to it
    np.testing.assert_array_equal(t.grad, x)
    z = Tensor(y.data, requires_grad=True)
    pixel_unshuffle(z, r).backward(x)
    np.testing.assert_array_equal(z.grad, y.data)


def test_errors_name_the_argument_and_the_rule():
    x = np.zeros((2, 6, 4, 4))
    with pytest.raises(ValueError, match=r"^pixel_shuffle: the channels of x .* 2 \* 2 = 4, got 6"):
        pixel_shuffle(x, 2)
    with pytest.raises(
        ValueError, match=r"^pixel_shuffle: upscale_factor must be at least 1, got 0"
    ):
        pixel_shuffle(x, 0)
    with pytest.raises(
        ValueError, match=r"^pixel_unshuffle: height and width of x .* multiples of 3"
    ):
        pixel_unshuffle(x, 3)
    with pytest.raises(
        ValueError, match=r"^pixel_unshuffle: x must have shape \(\.\.\., C, H, W\)"
    ):
        pixel_unshuffle(x[0, 0], 2)
    with pytest.raises(TypeError, match=r"^pixel_shuffle: upscale_factor must be an int, got 2\.0"):
        pixel_shuffle(x, 2.0)
