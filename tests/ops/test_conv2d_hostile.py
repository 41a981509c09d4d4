"""Hostile numbers in conv2d: a correct result or a refusal, at once, and nothing in between."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minicnn import _core
from minicnn.ops.conv2d import conv2d
from tests.machine import cases, little_memory
from tests.reference import assert_close

f32 = np.float32
INTEGERS = (0, -1, 1, 2, 2**31 - 1, 2**31, 2**31 + 1, 2**62, 2**63 - 1, 2**63, -(2**63), -(2**64))
OTHERS = (1.5, float("nan"), float("inf"), "3", None, True, b"1", (), (1,), (1, 2, 3), {}, 1j)


@pytest.fixture(name="little_memory")
def process_of_little_memory() -> Iterator[None]:
    with little_memory():
        yield


def settings() -> st.SearchStrategy[dict[str, Any]]:
    """Any value for each setting, harmless ones too, so that each check is reached."""
    number = st.one_of(st.sampled_from(INTEGERS), st.sampled_from((1, 2, *OTHERS)))
    value = st.one_of(number, st.tuples(number, number), st.just(1))
    names = ("stride", "padding", "dilation", "groups")
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, value))


def attempt(x: np.ndarray, weight: np.ndarray, settings: dict[str, Any]) -> np.ndarray | None:
    """Return the result, or None if the settings were refused in words for a Python caller."""
    try:
        return conv2d(x, weight, **settings).data
    except (ValueError, TypeError, MemoryError) as refusal:
        text = str(refusal)
    assert not any(word in text for word in ("overload", "std::", "SupportsInt")), text
    return None


def as_pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def by_definition(x: Any, weight: Any, settings: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the result and its cond pixel by pixel: no array of the padded size is made."""
    (sh, sw), (ph, pw), (dh, dw) = (
        as_pair(settings.get(name, default))
        for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
    )
    (_, C, H, W), (C_out, C_group, K, _) = x.shape, weight.shape
    H_out = (H + 2 * ph - dh * (K - 1) - 1) // sh + 1
    W_out = (W + 2 * pw - dw * (K - 1) - 1) // sw + 1
    per_group = C_out // (C // C_group)
    terms: list[list[float]] = [[0.0] for _ in range(C_out * H_out * W_out)]
    for i, (co, ho, wo, kh, kw) in enumerate(np.ndindex(C_out, H_out, W_out, K, K)):
        hi, wi = ho * sh - ph + kh * dh, wo * sw - pw + kw * dw
        if 0 <= hi < H and 0 <= wi < W:
            first = co // per_group * C_group
            pixels = x[0, first : first + C_group, hi, wi].astype(np.float64)
            terms[i // (K * K)] += list(pixels * weight[co, :, kh, kw])
    shape = (1, C_out, H_out, W_out)
    sums, sizes = [math.fsum(t) for t in terms], [math.fsum(map(abs, t)) for t in terms]
    return np.reshape(sums, shape), np.reshape(sizes, shape)


@given(settings=settings(), shapes=st.sampled_from([((1, 4, 5, 4), 3), ((1, 4, 3, 3), 1)]))
@example(settings=dict(stride=2**63 - 1), shapes=((1, 4, 5, 4), 3))
@example(settings=dict(stride=2**31 - 1, padding=2**31 - 1), shapes=((1, 4, 5, 4), 3))
@cases(500)
@pytest.mark.usefixtures("little_memory")
def test_hostile_settings_are_refused_at_once_or_computed(settings, shapes):
    (N, C, H, W), K = shapes
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, C, H, W)).astype(f32)
    weight = rng.standard_normal((4, C // 2 if settings.get("groups") == 2 else C, K, K)).astype(
        f32
    )
    for _ in range(3):  # once more if it took long: Python may have collected garbage meanwhile
        start = time.process_time()
        y = attempt(x, weight, settings)
        seconds = time.process_time() - start
        if seconds < 0.05:
            break
    assert seconds < 0.05
    if y is None:
        return
    expected, cond = by_definition(x, weight, settings)
    assert_close(y, expected, cond, f32)


@pytest.mark.parametrize("step", _core.CONV2D_ALGORITHMS)
@pytest.mark.parametrize("pixels", [2**31, 2**61, 2**62 - 8])
@pytest.mark.parametrize("axes", [(0, 1), (0,), (1,)])
@pytest.mark.usefixtures("little_memory")
def test_strides_as_long_as_the_padding_never_wrap(axes, pixels, step):
    """Along such an axis only the middle one of three windows sees the image."""
    stride = [3, 3]
    padding = [0, 0]
    for axis in axes:
        stride[axis] = padding[axis] = pixels
    x = np.arange(1, 10, dtype=f32).reshape(1, 1, 3, 3)
    weight = x + 10
    options = dict(stride=stride, padding=padding, dilation=(1, 1), groups=1, algorithm=step)
    try:
        y = _core.conv2d_forward(x, weight, None, **options)
        grad_y = np.ones_like(y)
        grad_x = _core.conv2d_backward_input(grad_y, weight, x_shape=x.shape, **options)
        grad_weight = _core.conv2d_backward_weight(grad_y, x, weight_shape=x.shape, **options)
    except (ValueError, MemoryError):
        assert (step, pixels, len(axes)) != ("direct", 2**31, 1), "there is nothing to refuse"
        return
    expected = np.zeros([1, 1] + [3 if axis in axes else 1 for axis in (0, 1)], f32)
    expected[..., 1 if 0 in axes else 0, 1 if 1 in axes else 0] = np.vdot(x, weight)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(grad_x, weight)
    np.testing.assert_array_equal(grad_weight, x)


FAR = (1, 2, 2**16, 2**20, 2**20 + 1, 2**21)


def far(pixels: int) -> list[tuple[int, int, int, int]]:
    """Stride, padding, dilation and size of y along an axis, for few windows on it."""
    found = []
    for s, p, d in itertools.product(FAR, (0, *FAR), FAR):
        size = (pixels + 2 * p - 2 * d - 1) // s + 1
        if 1 <= size <= 32:
            found.append((s, p, d, size))
    return found


@given(rows=st.sampled_from(far(5)), columns=st.sampled_from(far(30)))
@example(rows=(1, 2**20, 2**20, 5), columns=(1, 1, 1, 30))
@example(rows=(2**20, 2**21, 2**16, 4), columns=(2, 2**20, 2**20, 15))
@cases(300)
@pytest.mark.usefixtures("little_memory")
def test_time_and_memory_follow_from_the_image_and_not_from_its_padding(rows, columns):
    stride, padding, dilation, out = zip(rows, columns)
    x = np.arange(300, dtype=f32).reshape(1, 2, 5, 30) % 7
    weight = np.arange(72, dtype=f32).reshape(4, 2, 3, 3) % 5
    grad_y = np.arange(4 * math.prod(out), dtype=f32).reshape(1, 4, *out) % 3
    results = {}
    for algorithm in ("direct", "auto"):
        options = dict(stride=stride, padding=padding, dilation=dilation, groups=1)
        options |= dict(algorithm=algorithm)
        start = time.process_time()
        results[algorithm] = [
            _core.conv2d_forward(x, weight, None, **options),
            _core.conv2d_backward_input(grad_y, weight, x_shape=x.shape, **options),
            _core.conv2d_backward_weight(grad_y, x, weight_shape=weight.shape, **options),
        ]
        assert time.process_time() - start < 0.15
    for got, expected in zip(results["auto"], results["direct"]):
        np.testing.assert_array_equal(got, expected)


HUGE = (0, 1, 2**31 - 1, 2**31 + 1, 2**62, 2**63 - 1)


@given(
    x_shape=st.tuples(*[st.sampled_from((*HUGE, 3))] * 4),
    weight_shape=st.tuples(*[st.sampled_from((*HUGE, 3))] * 4),
    number=st.tuples(*[st.sampled_from((-1, *HUGE))] * 4),
)
@cases(500)
@pytest.mark.usefixtures("little_memory")
def test_hostile_shapes_are_refused_at_once(x_shape, weight_shape, number):
    """The bindings take shapes as numbers too; no arithmetic on them may wrap."""
    stride, padding, dilation, groups = number
    options = dict(stride=(stride, 1), padding=(padding, 0), dilation=(dilation, 1), groups=groups)
    start = time.process_time()
    try:
        steps = _core.conv2d_algorithms_for(x_shape, weight_shape, **options, dtype="float32")
        assert min(x_shape[1:] + weight_shape) >= 1
        assert min(stride, dilation, groups) >= 1
        assert "direct" in steps
        grad = np.empty((1, 1, 1, 1), f32)  # of a wrong shape: unless y is (1, 1, 1, 1)
        _core.conv2d_backward_input(
            grad, np.ones((1, 1, 1, 1), f32), x_shape=x_shape, **options, algorithm="auto"
        )
    except (ValueError, MemoryError):
        pass
    finally:
        assert time.process_time() - start < 0.05
