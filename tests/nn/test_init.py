"""Initial values follow the formulas of their papers; SciPy's statistics are the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import minicnn
from minicnn import nn
from minicnn.nn import init
from minicnn.tensor import Tensor
from tests.machine import cases

SURE = 1e-6  # a right distribution fails a test with this probability; the seeds are fixed anyway


def empty(*shape: int) -> Tensor:
    return Tensor(np.full(shape, np.nan, np.float32))


def is_drawn_from(values: np.ndarray, distribution: object) -> bool:
    return stats.kstest(values.ravel(), distribution.cdf).pvalue > SURE  # type: ignore[attr-defined]


def uniform(bound: float) -> object:
    return stats.uniform(-bound, 2 * bound)


@pytest.fixture(autouse=True)
def seed() -> None:
    minicnn.manual_seed(1)


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (lambda t: init.uniform_(t, -2, 3), stats.uniform(-2, 5)),
        (lambda t: init.normal_(t, 1, 2), stats.norm(1, 2)),
        # shape (20, 30, 3, 5): fan_in = 30 * 15 = 450, fan_out = 20 * 15 = 300
        (init.xavier_uniform_, uniform(math.sqrt(6 / 750))),
        (lambda t: init.xavier_normal_(t, gain=3), stats.norm(0, 3 * math.sqrt(2 / 750))),
        (lambda t: init.kaiming_uniform_(t, a=1), uniform(math.sqrt(3 / 450))),
        (
            lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
            uniform(math.sqrt(6 / 300)),
        ),
        (
            lambda t: init.kaiming_normal_(t, nonlinearity="tanh"),
            stats.norm(0, 5 / 3 / math.sqrt(450)),
        ),
        (lambda t: init.trunc_normal_(t), stats.truncnorm(-2, 2)),
        (lambda t: init.trunc_normal_(t, 3, 2, -1, 4), stats.truncnorm(-2, 0.5, 3, 2)),
        (lambda t: init.trunc_normal_(t, 0, 1, 6, 9), stats.truncnorm(6, 9)),
        (lambda t: init.trunc_normal_(t, 0, 0.1, -100, -0.2), stats.truncnorm(-1000, -2, 0, 0.1)),
    ],
)
def test_values_have_the_stated_distribution(fill: object, expected: object) -> None:
    t = empty(20, 30, 3, 5)
    assert fill(t) is t  # type: ignore[operator]
    assert t.dtype == np.float32
    assert is_drawn_from(t.data, expected)
    mean = expected.mean()  # type: ignore[attr-defined]
    too_wide = mean + 1.2 * (t.data - mean)
    assert not is_drawn_from(too_wide, expected)  # the test can fail


@given(
    mean=st.floats(-3, 3), std=st.floats(0.01, 3), a=st.floats(-5, 5), width=st.floats(0.001, 10)
)
@cases(40)
def test_trunc_normal_stays_inside(mean: float, std: float, a: float, width: float) -> None:
    t = init.trunc_normal_(Tensor(np.empty(50)), mean, std, a, a + width)
    assert t.data.min() >= a
    assert t.data.max() <= a + width


def test_constants() -> None:
    assert init.ones_(empty(2)).tolist() == [1, 1]
    assert init.zeros_(empty(2)).tolist() == [0, 0]
    assert init.constant_(empty(2), 0.5).tolist() == [0.5, 0.5]
    assert init.eye_(empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5), (6, 2, 3, 3), (20, 1, 2, 2)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    m = init.orthogonal_(Tensor(np.empty(shape)), gain=2).data.reshape(shape[0], -1)
    product = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-13)


def test_gains_are_torchs() -> None:
    expected = {
        "linear": 1,
        "conv2d": 1,
        "sigmoid": 1,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / 1.0001),
        "selu": 0.75,
    }
    for name, gain in expected.items():
        assert init.calculate_gain(name) == pytest.approx(gain, rel=1e-15)
    assert init.calculate_gain("leaky_relu", 2) == pytest.approx(math.sqrt(0.4), rel=1e-15)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (lambda: nn.Linear(300, 400), 300),
        (lambda: nn.Conv2d(20, 400, 3), 180),
        (lambda: nn.Conv2d(20, 400, (5, 3), groups=4), 75),
    ],
)
def test_layers_begin_as_in_torch(layer: object, fan_in: int) -> None:
    module = layer()  # type: ignore[operator]
    assert is_drawn_from(module.weight.data, uniform(1 / math.sqrt(fan_in)))
    assert is_drawn_from(module.bias.data, uniform(1 / math.sqrt(fan_in)))
    again = module.weight.data.copy()
    module.reset_parameters()
    assert not np.array_equal(module.weight.data, again)


def test_a_seed_or_a_generator_repeats_the_values() -> None:
    minicnn.manual_seed(5)
    first = nn.Linear(3, 4).weight.data.copy()
    minicnn.manual_seed(5)
    np.testing.assert_array_equal(nn.Linear(3, 4).weight.data, first)
    a = init.normal_(empty(5), generator=np.random.default_rng(3))
    b = init.normal_(empty(5), generator=np.random.default_rng(3))
    assert a.tolist() == b.tolist()


def test_errors_name_the_argument() -> None:
    with pytest.raises(ValueError, match=r"at least two axes, got shape \(3,\)"):
        init.xavier_uniform_(empty(3))
    with pytest.raises(ValueError, match="mode must be 'fan_in' or 'fan_out', got 'fan'"):
        init.kaiming_normal_(empty(3, 3), mode="fan")
    with pytest.raises(ValueError, match="unknown nonlinearity 'softmax'"):
        init.calculate_gain("softmax")
    with pytest.raises(ValueError, match="needs a < b and std > 0, got a=2, b=1"):
        init.trunc_normal_(empty(3), a=2, b=1)
    with pytest.raises(ValueError, match="seed must not be negative, got -1"):
        minicnn.manual_seed(-1)
    with pytest.raises(ValueError, match=r"epoch must be in \[0, 2\*\*64\), got -1"):
        minicnn.random.stream(1, epoch=-1)


@pytest.mark.parametrize("shape", [(4, 2, 3), (2, 3, 3, 5), (4, 4, 1, 1)])
def test_dirac_kernels_pass_channels_on(shape):
    weight = Tensor(np.ones(shape, np.float32))
    init.dirac_(weight)
    expected = np.zeros(shape)
    for i in range(min(shape[:2])):
        expected[(i, i, *[k // 2 for k in shape[2:]])] = 1
    np.testing.assert_array_equal(weight.data, expected)
    init.dirac_(weight, groups=2)
    half = shape[0] // 2
    np.testing.assert_array_equal(weight.data[:half], weight.data[half:])
    with pytest.raises(ValueError, match="dirac_: groups=3 must divide the first axis"):
        init.dirac_(weight, groups=3)
    with pytest.raises(ValueError, match="dirac_: needs a tensor of three or four axes"):
        init.dirac_(Tensor(np.ones((2, 2), np.float32)))


def test_sparse_columns_have_their_share_of_zeros():
    weight = Tensor(np.ones((50, 40), np.float32))
    init.sparse_(weight, 0.31, std=2.0)
    assert ((weight.data == 0).sum(axis=0) == 16).all()  # ceil(15.5)
    kept = weight.data[weight.data != 0]
    assert abs(kept.std() - 2) < 5 * 2 / np.sqrt(2 * kept.size)
    with pytest.raises(ValueError, match=r"sparse_: sparsity must be in \[0, 1\], got 2"):
        init.sparse_(weight, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("layout", ["plain", "transposed", "strided"])
def test_any_memory_is_filled(dtype: str, layout: str) -> None:
    base = np.full((60, 80), np.nan, dtype)
    array = {"plain": base, "transposed": base.T, "strided": base[::2, 1::3]}[layout]
    minicnn.manual_seed(1)
    init.uniform_(Tensor(array), 2.0, 3.0)
    assert array.min() >= 2
    assert array.max() <= 3
    assert len(np.unique(array)) > 300  # float16 has no more than 1024 numbers there
    init.normal_(Tensor(array), 5.0, 0.5)
    assert 4.9 < array.mean(dtype=float) < 5.1
    assert 0.45 < array.std(dtype=float) < 0.55
    assert layout != "strided" or np.isnan(base[1::2]).all()


def test_undrawn_leaves_values_and_the_generator_as_they_were() -> None:
    minicnn.manual_seed(3)
    expected = minicnn.random.default_generator.random()
    minicnn.manual_seed(3)
    t = Tensor(np.full((4, 4), 7.0, np.float32))
    with init.undrawn():
        for draw in (init.uniform_, init.normal_, init.trunc_normal_, init.orthogonal_):
            draw(t)
        with init.undrawn():
            init.kaiming_normal_(t)
        init.xavier_uniform_(t)
        assert (t.data == 7).all()
        assert init.zeros_(Tensor(np.ones(2))).tolist() == [0, 0]  # nothing is drawn for this
    assert minicnn.random.default_generator.random() == expected
    assert (init.normal_(t).data != 7).all()
