"""How conv2d refuses what it cannot compute: in words that name the mistake and its arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minicnn import Tensor, _core
from minicnn.ops.conv2d import conv2d

f32 = np.float32
NAMES = "'auto', " + ", ".join(f"'{name}'" for name in _core.CONV2D_ALGORITHMS)


def ones(*shape: int, dtype: Any = f32) -> np.ndarray:
    return np.ones(shape, dtype)


X, W = ones(2, 4, 8, 8), ones(6, 4, 3, 3)


@pytest.mark.parametrize(
    ("inputs", "settings", "error", "text"),
    [
        (
            (X, ones(8, 3, 3, 3)),
            dict(),
            ValueError,
            "conv2d: x has shape (2, 4, 8, 8) and weight (8, 3, 3, 3): with groups=1,"
            " weight.shape[1] must be x.shape[1] / groups = 4 / 1, got 3",
        ),
        (
            (X, W),
            dict(groups=3),
            ValueError,
            "conv2d: x has shape (2, 4, 8, 8) and weight (6, 4, 3, 3): with groups=3,"
            " weight.shape[1] must be x.shape[1] / groups = 4 / 3, got 4",
        ),
        (
            (X, ones(5, 2, 3, 3)),
            dict(groups=2),
            ValueError,
            "conv2d: weight.shape[0] (out_channels) must be divisible by groups=2, got 5",
        ),
        (
            (X, ones(6, 4, 5, 3)),
            dict(dilation=(3, 1), padding=(2, 0)),
            ValueError,
            "conv2d: height: the dilated kernel covers dilation * (kernel - 1) + 1 = 13 pixels but"
            " the padded input has only 8 + 2 * 2 = 12",
        ),
        (
            (X, ones(6, 4, 3, 9)),
            dict(),
            ValueError,
            "conv2d: width: the dilated kernel covers dilation * (kernel - 1) + 1 = 9 pixels but"
            " the padded input has only 8 + 2 * 0 = 8",
        ),
        (
            (X, W, ones(4)),
            dict(),
            ValueError,
            "conv2d: bias must have shape (6,), one value for each of weight.shape[0] output"
            " channels, got (4,)",
        ),
        (
            (X, W, ones(1, 6)),
            dict(),
            ValueError,
            "conv2d: bias must have shape (6,), one value for each of weight.shape[0] output"
            " channels, got (1, 6)",
        ),
        ((X[0, 0], W), dict(), ValueError, "conv2d: x must have 4 dimensions, got 2"),
        (
            (X, W),
            dict(padding="full"),
            ValueError,
            "conv2d: padding must be 'same', 'valid', an int or a pair, got 'full'",
        ),
        (
            (X, W),
            dict(padding="same", stride=(1, 2)),
            ValueError,
            "conv2d: padding='same' needs stride 1, got stride=(1, 2)",
        ),
        ((X, W[0]), dict(), ValueError, "conv2d: weight must have 4 dimensions, got 3"),
        ((X, W), dict(stride=0), ValueError, "conv2d: stride must be at least 1, got 0"),
        ((X, W), dict(stride=(1, -2)), ValueError, "conv2d: stride must be at least 1, got -2"),
        ((X, W), dict(padding=-1), ValueError, "conv2d: padding must be at least 0, got -1"),
        ((X, W), dict(dilation=0), ValueError, "conv2d: dilation must be at least 1, got 0"),
        ((X, W), dict(groups=0), ValueError, "conv2d: groups must be at least 1, got 0"),
        (
            (ones(2, 4, 0, 8), W),
            dict(padding=3),
            ValueError,
            "conv2d: input height must be at least 1, got 0",
        ),
        (
            (ones(2, 0, 8, 8), ones(6, 0, 3, 3)),
            dict(),
            ValueError,
            "conv2d: in_channels must be at least 1, got 0",
        ),
        (
            (X, ones(0, 4, 3, 3)),
            dict(),
            ValueError,
            "conv2d: out_channels must be at least 1, got 0",
        ),
        (
            (X, ones(6, 4, 3, 0)),
            dict(),
            ValueError,
            "conv2d: kernel size must be at least 1, got 0",
        ),
        (
            (X, W),
            dict(dilation=2**62),
            ValueError,
            "conv2d: dilation * (kernel - 1) does not fit in 64 bits",
        ),
        (
            (X, W),
            dict(padding=2**62),
            ValueError,
            "conv2d: the padded input does not fit in 64 bits",
        ),
        (
            (X, W),
            dict(padding=2**31),
            ValueError,
            "conv2d: the size of the output does not fit in 64 bits",
        ),
        (
            (X, W),
            dict(stride=2**63),
            ValueError,
            "conv2d: stride must fit in 64 bits, got 9223372036854775808",
        ),
        (
            (X, W),
            dict(stride=1.5),
            TypeError,
            "conv2d: stride must be an int or two ints (height, width), got 1.5",
        ),
        (
            (X, W),
            dict(padding=b"same"),
            TypeError,
            "conv2d: padding must be an int or two ints (height, width), got b'same'",
        ),
        (
            (X, W),
            dict(dilation=(1, 1, 1)),
            TypeError,
            "conv2d: dilation must be an int or two ints (height, width), got 3 values: (1, 1, 1)",
        ),
        ((X, W), dict(stride=(1, None)), TypeError, "conv2d: stride must be an int, got None"),
        ((X, W), dict(groups=True), TypeError, "conv2d: groups must be an int, got True"),
        (
            (X.astype(np.int64), W),
            dict(),
            TypeError,
            "conv2d: x must be float32 or float64, got int64",
        ),
        (
            (X, W.astype(np.float16)),
            dict(),
            TypeError,
            "conv2d: weight must be float32 or float64, got float16",
        ),
        (
            (X, W.astype(np.float64)),
            dict(),
            TypeError,
            "conv2d: x, weight must all be float32 or all float64, got x float32, weight float64",
        ),
        (
            (X, W, ones(6, dtype=np.float64)),
            dict(),
            TypeError,
            "conv2d: x, weight, bias must all be float32 or all float64, got x float32, weight"
            " float32, bias float64",
        ),
        (
            (X, W),
            dict(algorithm="fft"),
            ValueError,
            f"conv2d: algorithm must be one of {NAMES}, got 'fft'",
        ),
        ((X, W), dict(algorithm=None), TypeError, "conv2d: algorithm must be a str, got None"),
        (
            (X, W),
            dict(algorithm="winograd4", stride=2),
            ValueError,
            "conv2d: algorithm 'winograd4' needs float32, a 3x3 kernel, stride 1, dilation 1,"
            " groups 1 and padding of at most 2; algorithm='auto' chooses one that serves",
        ),
        (
            (X.astype(np.float64), W.astype(np.float64)),
            dict(algorithm="winograd2"),
            ValueError,
            "conv2d: algorithm 'winograd2' needs float32, a 3x3 kernel, stride 1, dilation 1,"
            " groups 1 and padding of at most 2; algorithm='auto' chooses one that serves",
        ),
    ],
)
def test_errors_name_the_argument_and_the_arithmetic(inputs, settings, error, text):
    with pytest.raises(error) as caught:
        conv2d(*inputs, **settings)
    assert str(caught.value) == text
    assert type(caught.value) is error


def test_a_gradient_of_another_shape_is_refused():
    y = conv2d(Tensor(X, requires_grad=True), W)
    with pytest.raises(ValueError, match=r"this tensor's shape \(2, 6, 6, 6\), got \(2, 6, 6, 5\)"):
        y.backward(ones(2, 6, 6, 5))
