"""scaled_dot_product_attention against its formula in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

import minicnn
from minicnn import Tensor, _core, set_num_threads
from minicnn.ops.attention import scaled_dot_product_attention as attention
from tests.central_differences import assert_gradients


def reference(q, k, v, added, scale):
    scores = np.einsum("...le,...se->...ls", q, k) * scale + added
    return np.einsum("...ls,...sv->...lv", special.softmax(scores, axis=-1), v)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    batch=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    sizes=st.tuples(*[st.integers(1, 9)] * 4),
    masked=st.sampled_from(["no", "booleans", "numbers", "causal"]),
    scale=st.none() | st.just(0.3),
    seed=st.integers(0, 2**32),
)
def test_values_equal_the_formula(dtype, batch, sizes, masked, scale, seed):
    L, S, E, V = sizes
    rng = np.random.default_rng(seed)
    q, k, v = (
        np.asarray(rng.standard_normal((*batch, *shape)), dtype)
        for shape in ((L, E), (S, E), (S, V))
    )
    added, setting = np.zeros((L, S)), {}
    if masked == "booleans":
        setting["attn_mask"] = rng.random((L, S)) < 0.6
        setting["attn_mask"][:, 0] = True
        added = np.where(setting["attn_mask"], 0, -np.inf)
    elif masked == "numbers":
        setting["attn_mask"] = added = rng.standard_normal((L, S)).astype(dtype)
    elif masked == "causal":
        setting["is_causal"] = True
        added = np.where(np.arange(S) <= np.arange(L)[:, None], 0, -np.inf)
    y = attention(q, k, v, scale=scale, **setting)
    assert y.dtype == dtype
    assert y.shape == (*batch, L, V)
    wide = (a.astype(np.float64) for a in (q, k, v))
    expected = reference(*wide, added, 1 / np.sqrt(E) if scale is None else scale)
    size = 1 + abs(q).max(initial=0) * abs(k).max(initial=0) * E
    allowed = 8 * np.finfo(dtype).eps * size * abs(v).max(initial=0)
    np.testing.assert_allclose(y.data, expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("masked", ["no", "booleans", "numbers", "causal"])
def test_gradients_equal_central_differences(masked):
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((2, 2, *s)) for s in ((3, 4), (5, 4), (5, 2)))
    if masked == "numbers":  # broadcast over the heads
        mask = rng.standard_normal((2, 1, 3, 5))
        assert_gradients(attention, q, k, v, mask)
    elif masked == "booleans":
        mask = rng.random((3, 5)) < 0.5
        assert_gradients(lambda q, k, v: attention(q, k, v, mask), q, k, v)
    else:
        causal = masked == "causal"
        assert_gradients(lambda q, k, v: attention(q, k, v, is_causal=causal), q, k, v)


def test_a_query_that_sees_no_key_gets_zeros_and_gives_no_gradient():
    rng = np.random.default_rng(0)
    q, k, v = (Tensor(rng.standard_normal((1, 2, 3)), requires_grad=True) for _ in range(3))
    y = attention(q, k, v, np.array([[False, False], [True, True]]))
    y.backward(np.ones((1, 2, 3)))
    assert (y.data[0, 0] == 0).all()
    assert (q.grad[0, 0] == 0).all()
    for t in (q, k, v):
        assert np.isfinite(t.grad).all()


def test_dropout_keeps_the_mean_and_its_gradient_has_the_same_holes():
    x = np.zeros((1, 400, 4))
    v = Tensor(np.ones((1, 400, 1)), requires_grad=True)
    minicnn.manual_seed(0)
    y = attention(x, x, v, dropout_p=0.25)
    # each output is a mean of 400 weights, 0 or 1 / 0.75
    assert abs(y.data.mean() - 1) < 5 * np.sqrt(1 / 3 / 160_000)
    y.backward(np.ones((1, 400, 1)))
    assert v.grad.sum() == pytest.approx(y.data.sum(), rel=1e-12)


def test_results_do_not_depend_on_the_number_of_threads():
    before = _core.num_threads()
    q, k, v = np.random.default_rng(0).standard_normal((3, 2, 130, 33)).astype(np.float32)
    results = []
    for threads in (1, 2, 3):
        set_num_threads(threads)
        tensors = [Tensor(a, requires_grad=True) for a in (q, k, v)]
        y = attention(*tensors)
        y.backward(q)
        results.append([a.tobytes() for a in (y.data, *(t.grad for t in tensors))])
    _core.set_num_threads(before)
    assert results[1:] == results[:1] * 2


def test_errors_name_the_argument():
    x = np.zeros((2, 3, 4), np.float32)
    for k, v in ((x[:1], x), (x[:, :, :3], x), (x, x[:, :2]), (x[0, 0], x)):
        with pytest.raises(ValueError, match=r"attention: query, key and value must have shapes"):
            attention(x, k, v)
    with pytest.raises(
        ValueError, match=r"attention: attn_mask must broadcast to \(\.\.\., L, S\)"
    ):
        attention(x, x, x, np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="attn_mask must be None where is_causal is True"):
        attention(x, x, x, np.ones((3, 3), bool), is_causal=True)
    with pytest.raises(TypeError, match="attn_mask must all be float32 or all float64"):
        attention(x, x, x, np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"dropout_p must be in \[0, 1\], got 2"):
        attention(x, x, x, dropout_p=2)
