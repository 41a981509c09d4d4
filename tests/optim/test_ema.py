"""The running mean of weights against its sum written out."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import nn
from minicnn.optim import ExponentialMovingAverage
from minicnn.tensor import Tensor


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9, 1.0])
def test_means_are_weighted_sums_of_all_values(decay: float) -> None:
    values = np.random.default_rng(0).normal(size=(7, 2, 3))
    p = Tensor(values[0].copy(), requires_grad=True)
    ema = ExponentialMovingAverage([p], decay)
    for value in values[1:]:
        p.data[...] = value
        ema.update()
    weights = [decay**6] + [(1 - decay) * decay ** (6 - i) for i in range(1, 7)]
    expected = sum(w * value for w, value in zip(weights, values))
    with ema.averaged():
        np.testing.assert_allclose(p.data, expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(p.data, values[-1])


def test_a_model_computes_with_the_means_between_apply_and_restore() -> None:
    model = nn.Linear(2, 1)
    x = Tensor([[1.0, 2.0]])
    before = model(x).item()
    ema = ExponentialMovingAverage(model.parameters(), decay=0.5)
    for p in model.parameters():
        p.data += 2.0
    ema.update()  # the means lie 1 above the first weights
    after = model(x).item()
    ema.apply()
    assert model(x).item() == pytest.approx(before + 1 * (1 + 2) + 1, rel=1e-6)
    ema.restore()
    assert model(x).item() == after
    assert all(p.dtype == np.float32 for p in model.parameters())
    assert all(a.dtype == np.float32 for a in ema.averages)


def test_the_weights_come_back_after_an_error() -> None:
    p = Tensor([1.0], requires_grad=True)
    ema = ExponentialMovingAverage([p], 0.5)
    p.data[0] = 3.0

    def fail() -> None:
        with ema.averaged():
            assert p.tolist() == [1.0]
            raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        fail()
    assert p.tolist() == [3.0]


def test_a_saved_state_goes_on() -> None:
    p = Tensor(np.array(1.0), requires_grad=True)  # shape (), where NumPy likes to return numbers
    first = ExponentialMovingAverage([p], 0.5)
    p.data[...] = 2.0
    first.update()
    state = first.state_dict()
    first.update()  # what is saved does not change any more
    second = ExponentialMovingAverage([p], 0.9)
    second.load_state_dict(state)
    second.update()
    assert second.averages[0].tolist() == 1.75
    assert state["averages"][0].tolist() == 1.5


def test_errors_say_what_to_do() -> None:
    p = Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"decay must be in \[0, 1\], got 1\.5"):
        ExponentialMovingAverage([p], 1.5)
    with pytest.raises(ValueError, match="parameters is empty"):
        ExponentialMovingAverage(nn.Identity().parameters(), 0.5)
    ema = ExponentialMovingAverage([p], 0.5)
    with pytest.raises(RuntimeError, match=r"restore: apply\(\) has not been called"):
        ema.restore()
    ema.apply()
    for method in (ema.apply, ema.update):
        with pytest.raises(RuntimeError, match=r"call restore\(\) first"):
            method()
    with pytest.raises(ValueError, match=r"shapes \[\(1,\)\], the averages \[\(2,\)\]"):
        ema.load_state_dict({"decay": 0.5, "averages": [np.ones(2)]})
    with pytest.raises(ValueError, match=r"the averages \[\]"):
        ema.load_state_dict({"decay": 0.5, "averages": []})
