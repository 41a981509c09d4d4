"""Samples of what layers of images compute: convolution, pooling, resizing, normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.torch_parity.draw import Buffer, Draw, Sample, samples


def pair(d: Draw, low: int, high: int) -> Any:
    """Draw one integer, or one for each axis of an image."""
    return d.one_of(d.integer(low, high), (d.integer(low, high), d.integer(low, high)))


def as_pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def image(d: Draw, least: tuple[int, int], channels: int | None = None) -> np.ndarray:
    """Draw a batch of images, or one image, whose sides have at least these lengths."""
    batch = d.one_of((), (d.integer(1, 3),))
    C = d.integer(1, 4) if channels is None else channels
    return d.floats(*batch, C, *sides(d, least))


def sides(d: Draw, least: tuple[int, ...]) -> list[int]:
    return [side + d.integer(0, 5) for side in least]


def reach(kernel: Any, dilation: Any = 1, padding: Any = 0) -> tuple[int, int]:
    """Return the smallest image that a window fits in."""
    sizes = zip(as_pair(kernel), as_pair(dilation), as_pair(padding))
    height, width = (max(1, dil * (k - 1) + 1 - 2 * pad) for k, dil, pad in sizes)
    return height, width


@samples("F.conv2d")
def conv2d(d: Draw) -> Sample:
    kernel, dilation, padding = pair(d, 1, 4), pair(d, 1, 2), pair(d, 0, 2)
    groups = d.integer(1, 3)
    C_in, C_out = groups * d.integer(1, 3), groups * d.integer(1, 3)
    x = d.floats(d.integer(1, 3), C_in, *sides(d, reach(kernel, dilation, padding)))
    weight = d.floats(C_out, C_in // groups, *as_pair(kernel))
    settings = dict(padding=padding, dilation=dilation, groups=groups) | d.some(
        stride=pair(d, 1, 3)
    )
    return (x, weight, d.maybe(d.floats(C_out))), settings


@samples("F.linear")
def linear(d: Draw) -> Sample:
    inputs, outputs = d.integer(1, 9), d.integer(1, 9)
    x = d.floats(*d.shape(0, 3), inputs)
    return (x, d.floats(outputs, inputs), d.maybe(d.floats(outputs))), {}


def window(d: Draw) -> tuple[Any, dict[str, Any]]:
    kernel = pair(d, 1, 4)
    settings = d.some(stride=pair(d, 1, 3), ceil_mode=d.flag())
    return kernel, settings | d.some(padding=d.integer(0, min(as_pair(kernel)) // 2))


@samples("F.max_pool2d")
def max_pool2d(d: Draw) -> Sample:
    kernel, settings = window(d)
    settings |= d.some(dilation=pair(d, 1, 2), return_indices=d.flag())
    x = image(d, reach(kernel, settings.get("dilation", 1), 0))
    return (x, kernel), settings


@samples("F.avg_pool2d")
def avg_pool2d(d: Draw) -> Sample:
    kernel, settings = window(d)
    settings |= d.some(count_include_pad=d.flag(), divisor_override=d.integer(1, 7))
    return (image(d, reach(kernel)), kernel), settings


@samples("F.adaptive_avg_pool2d", "F.adaptive_max_pool2d")
def adaptive(d: Draw) -> Sample:
    size = d.one_of(d.integer(1, 5), (d.integer(1, 5), d.integer(1, 5)), (None, d.integer(1, 4)))
    return (image(d, (1, 1)), size), {}


@samples("F.unfold")
def unfold(d: Draw) -> Sample:
    kernel, settings = pair(d, 1, 3), dict(dilation=pair(d, 1, 2), padding=pair(d, 0, 1))
    x = image(d, reach(kernel, **settings))
    return (x, kernel), settings | d.some(stride=pair(d, 1, 3))


@samples("F.fold")
def fold(d: Draw) -> Sample:
    kernel, dilation, padding, stride = (
        as_pair(pair(d, *r)) for r in ((1, 3), (1, 2), (0, 1), (1, 3))
    )
    size = sides(d, reach(kernel, dilation, padding))
    places = 1
    for side, k, dil, pad, step in zip(size, kernel, dilation, padding, stride):
        places *= (side + 2 * pad - dil * (k - 1) - 1) // step + 1
    x = d.floats(*d.one_of((), (2,)), d.integer(1, 3) * kernel[0] * kernel[1], places)
    return (x, tuple(size), kernel), dict(dilation=dilation, padding=padding, stride=stride)


@samples("F.pad")
def pad(d: Draw) -> Sample:
    mode = d.one_of("constant", "constant", "reflect", "replicate", "circular")
    if mode == "constant":
        shape = tuple(size + 2 for size in d.shape())
        sides = tuple(d.integer(-1, 3) for _ in range(2 * d.integer(1, len(shape))))
        return (d.floats(*shape), sides), d.some(value=d.number(-1.0, 1.0))
    axes = d.integer(1, 2)  # torch pads the last axis of (N, C, W), the last two of (N, C, H, W)
    x = d.floats(d.integer(1, 2), d.integer(1, 3), *[d.integer(4, 7) for _ in range(axes)])
    return (x, tuple(d.integer(0, 3) for _ in range(2 * axes))), dict(mode=mode)


@samples("F.interpolate")
def interpolate(d: Draw) -> Sample:
    mode = d.one_of("nearest", "bilinear", "bicubic", "nearest-exact", "area")
    x = d.floats(d.integer(1, 2), d.integer(1, 3), d.integer(1, 6), d.integer(1, 6))
    aim = d.one_of(
        dict(size=(d.integer(1, 9), d.integer(1, 9))),
        dict(size=d.integer(1, 9)),
        dict(scale_factor=d.one_of(1, 2, 3, 1.5, (2.0, 1.0))),
    )
    settings = d.some(align_corners=d.flag()) if mode.startswith("bi") else {}
    return (x,), dict(mode=mode, **aim, **settings)


@samples("F.pixel_shuffle")
def pixel_shuffle(d: Draw) -> Sample:
    factor = d.integer(1, 3)
    return (image(d, (1, 1), d.integer(1, 3) * factor**2), factor), {}


@samples("F.channel_shuffle")
def channel_shuffle(d: Draw) -> Sample:
    groups = d.integer(1, 3)
    x = d.floats(d.integer(1, 2), groups * d.integer(1, 3), *sides(d, (1, 1)))
    return (x, groups), {}


@samples("F.pixel_unshuffle")
def pixel_unshuffle(d: Draw) -> Sample:
    factor = d.integer(1, 3)
    size = [factor * d.integer(1, 3) for _ in range(2)]
    return (d.floats(*d.one_of((), (2,)), d.integer(1, 3), *size), factor), {}


# -- normalization --------------------------------------------------------------------------------


@samples("F.batch_norm")
def batch_norm(d: Draw) -> Sample:
    C, training = d.integer(1, 4), d.flag()
    x = d.floats(d.integer(2, 4), C, *d.shape(0, 2))
    running = [Buffer(d.floats(C)), Buffer(d.floats(C, low=0.5, high=2.0))]
    buffers = d.one_of(running, [None, None]) if training else running
    affine = d.one_of([d.floats(C), d.floats(C)], [None, None])
    settings = d.some(momentum=d.number(0.05, 0.9), eps=d.number(1e-5, 1e-1))
    return (x, *buffers, *affine), dict(training=training, **settings)


@samples("F.instance_norm")
def instance_norm(d: Draw) -> Sample:
    C, own = d.integer(1, 4), d.flag()
    x = d.floats(d.integer(1, 3), C, d.integer(2, 5), d.integer(2, 5))
    running = [Buffer(d.floats(C)), Buffer(d.floats(C, low=0.5, high=2.0))]
    buffers = d.one_of(running, [None, None]) if own else running
    affine = d.one_of([d.floats(C), d.floats(C)], [None, None])
    settings = d.some(momentum=d.number(0.05, 0.9), eps=d.number(1e-5, 1e-1))
    return (x, *buffers, *affine), dict(use_input_stats=own, **settings)


@samples("F.layer_norm")
def layer_norm(d: Draw) -> Sample:
    shape = d.shape(1, 2)
    x = d.floats(*d.shape(0, 2), *shape)
    affine = d.one_of([d.floats(*shape), d.floats(*shape)], [d.floats(*shape), None], [None, None])
    return (x, shape, *affine), d.some(eps=d.number(1e-5, 1e-1))


@samples("F.group_norm")
def group_norm(d: Draw) -> Sample:
    groups = d.integer(1, 3)
    C = groups * d.integer(2, 3)
    x = d.floats(d.integer(1, 3), C, *d.shape(0, 2))
    affine = d.one_of([d.floats(C), d.floats(C)], [None, None])
    return (x, groups, *affine), d.some(eps=d.number(1e-5, 1e-1))


@samples("F.local_response_norm")
def local_response_norm(d: Draw) -> Sample:
    x = d.floats(d.integer(1, 2), d.integer(1, 7), *d.shape(1, 2, 3))
    settings = d.some(alpha=d.number(1e-4, 1.0), beta=d.number(0.3, 1.0), k=d.number(0.5, 2.0))
    return (x, d.integer(1, 5)), settings


@samples("F.normalize")
def normalize(d: Draw) -> Sample:
    shape = d.shape(2, 4)
    settings = d.some(p=d.one_of(1.0, 2.0, 3.0), dim=d.axis(len(shape)), eps=d.number(1e-6, 1.0))
    return (d.floats(*shape),), settings


@samples("F.pairwise_distance")
def pairwise_distance(d: Draw) -> Sample:
    shape = d.shape(1, 3)
    settings = d.some(p=d.one_of(1.0, 2.0, 3.0), eps=d.number(1e-6, 1e-2), keepdim=d.flag())
    return (d.floats(*shape), d.floats(*shape)), settings


@samples("F.cosine_similarity")
def cosine_similarity(d: Draw) -> Sample:
    shape = d.shape(2, 4)
    # Lengths stay above eps: below it, torch's gradient is not the derivative of what it computes
    # (docs/torch.md), minicnn's is.
    settings = d.some(dim=d.axis(len(shape)), eps=d.number(1e-8, 1e-2))
    return (d.floats(*shape, low=0.01), d.floats(*shape, low=0.01)), settings
