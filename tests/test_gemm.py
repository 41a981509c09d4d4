"""Every step of the matrix product, on every instruction set, against NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from minicnn import _core
from tests.machine import TARGETS, THREADS, cases, running_on, using_threads
from tests.reference import assert_close, assert_exact, assert_same_bits
from tests.strategies import seeds

STEPS = _core.GEMM_ALGORITHMS
WIDER = {"float32": np.float64, "float64": np.longdouble}
DTYPES = st.sampled_from(sorted(WIDER))

# Register tiles are 1 to 14 rows by 2 to 48 columns, blocks of A 144 rows, chunks of the sum 384.
BORDERS = (1, 2, 3, 4, 6, 8, 12, 14, 16, 24, 32, 48, 64, 96)
EDGES = sorted({size + around for size in BORDERS for around in (-1, 0, 1)})
SIZES = st.one_of(st.integers(0, 20), st.sampled_from(EDGES))


@dataclass(frozen=True)
class Product:
    """op(a) @ op(b), where op may transpose. Its repr is the line that makes it again."""

    M: int
    N: int
    K: int
    transpose_a: bool = False
    transpose_b: bool = False
    seed: int = 0

    @property
    def options(self) -> dict[str, bool]:
        return dict(transpose_a=self.transpose_a, transpose_b=self.transpose_b)

    def stored(self, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
        """The matrices as they lie in memory: C-contiguous, transposed if the case says so."""
        a, b = (a.T if self.transpose_a else a), (b.T if self.transpose_b else b)
        return [np.ascontiguousarray(a), np.ascontiguousarray(b)]

    def integers(self) -> list[np.ndarray]:
        """Return op(a) and op(b), of small integers other than 0: floats add them exactly."""
        rng = np.random.default_rng(self.seed)
        shapes = ((self.M, self.K), (self.K, self.N))
        return [rng.integers(1, 8, s) * rng.choice([-1, 1], s) for s in shapes]

    def floats(self) -> list[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        return [rng.standard_normal(s) for s in ((self.M, self.K), (self.K, self.N))]


@st.composite
def products(draw: st.DrawFn) -> Product:
    M, N, K = draw(SIZES), draw(SIZES), draw(SIZES)
    long = draw(st.sampled_from(["", "", "", "M", "N", "K"]))
    M = draw(st.sampled_from((143, 144, 145, 289))) if long == "M" else M
    K = draw(st.sampled_from((383, 384, 385, 769))) if long == "K" else K
    N = draw(st.sampled_from((191, 193, 512))) if long == "N" else N
    assume(M * N * K < 2_000_000)
    return Product(M, N, K, draw(st.booleans()), draw(st.booleans()), draw(seeds))


WIDE = Product(3, 4097, 7)  # more columns of B than are packed at a time
DEEP = Product(150, 100, 800, transpose_a=True, transpose_b=True)


@given(case=products())
@example(case=WIDE)
@example(case=DEEP)
@cases(200)
def test_every_step_is_exact_on_integers(case):
    a, b = case.integers()
    expected = a @ b
    for dtype in WIDER:
        stored = case.stored(a.astype(dtype), b.astype(dtype))
        for target in TARGETS:
            with running_on(target):
                for step in (*STEPS, "auto"):
                    got = _core.gemm(*stored, **case.options, algorithm=step)
                    assert_exact(got, expected, dtype, f"{step} {target} {dtype}")


@given(case=products(), dtype=DTYPES)
@example(case=DEEP, dtype="float32")
@cases(100)
def test_every_step_rounds_little(case, dtype):
    a, b = (m.astype(dtype) for m in case.floats())
    wide_a, wide_b = a.astype(WIDER[dtype]), b.astype(WIDER[dtype])
    expected, cond = wide_a @ wide_b, abs(wide_a) @ abs(wide_b)
    for target in TARGETS:
        with running_on(target):
            for step in STEPS:
                got = _core.gemm(*case.stored(a, b), **case.options, algorithm=step)
                assert_close(got, expected, cond, dtype, f"{step} {target} {dtype}")


@given(case=products(), dtype=DTYPES)
@example(case=DEEP, dtype="float32")
@example(case=WIDE, dtype="float64")
@cases(60)
def test_bits_do_not_depend_on_the_number_of_threads(case, dtype):
    stored = case.stored(*(m.astype(dtype) for m in case.floats()))
    for target in TARGETS:
        with running_on(target):
            for step in STEPS:
                with using_threads(1):
                    alone = _core.gemm(*stored, **case.options, algorithm=step)
                for threads in THREADS[1:]:
                    with using_threads(threads):
                        got = _core.gemm(*stored, **case.options, algorithm=step)
                    assert_same_bits(got, alone, f"{step} {target}, {threads} threads")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("dtype", sorted(WIDER))
@pytest.mark.parametrize(("M", "N", "K"), [(0, 5, 3), (5, 0, 3), (5, 3, 0), (0, 0, 0)])
def test_an_empty_sum_is_zero_and_an_empty_result_has_its_shape(M, N, K, dtype, step, target):
    nan = np.full((40, 40), np.nan, dtype)
    del nan  # its memory, which the allocator hands out again, is not zero
    got = _core.gemm(np.ones((M, K), dtype), np.ones((K, N), dtype), algorithm=step)
    assert_exact(got, np.zeros((M, N)), dtype)


@pytest.mark.parametrize(
    ("a", "b", "options", "error", "text"),
    [
        ((2, 3), (4, 5), {}, ValueError, "op(a) has 3 columns, so op(b) must have 3 rows, got 4"),
        (
            (2, 3),
            (2, 5),
            dict(transpose_b=True),
            ValueError,
            "op(a) has 3 columns, so op(b) must have 3 rows, got 5",
        ),
        (
            (2, 3),
            (3, 5),
            dict(transpose_a=True),
            ValueError,
            "op(a) has 2 columns, so op(b) must have 2 rows, got 3",
        ),
        ((2, 3, 1), (3, 5), {}, ValueError, "a must have 2 dimensions, got 3"),
        ((2, 3), (3,), {}, ValueError, "b must have 2 dimensions, got 1"),
        (
            (2, 3),
            (3, 5),
            dict(algorithm="fast"),
            ValueError,
            f"algorithm must be one of 'auto', {str(STEPS)[1:-1]}, got 'fast'",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(a, b, options, error, text):
    with pytest.raises(error) as caught:
        _core.gemm(np.ones(a), np.ones(b), **options)
    assert str(caught.value) == f"gemm: {text}"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones((2, 3), np.float32), np.ones((3, 5), np.float64)),
        (np.ones((2, 3), np.int64), np.ones((3, 5), np.int64)),
        (np.ones((3, 2)).T, np.ones((3, 5))),
        (np.ones((2, 6))[:, ::2], np.ones((3, 5))),
    ],
)
def test_no_array_is_converted_in_silence(a, b):
    with pytest.raises(TypeError):
        _core.gemm(a, b)
