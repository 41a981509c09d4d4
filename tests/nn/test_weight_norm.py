"""Weights as lengths times directions, against Salimans & Kingma's equations in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import Tensor, nn
from minicnn.nn.utils import parametrizations, remove_weight_norm, weight_norm

KEYS = {
    weight_norm: ("weight_g", "weight_v"),
    parametrizations.weight_norm: (
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ),
}
LAYERS = [
    (lambda: nn.Linear(3, 4, dtype=np.float64), (2, 3)),
    (lambda: nn.Conv2d(3, 4, 2, dtype=np.float64), (2, 3, 5, 5)),
]


@pytest.mark.parametrize("normalised", list(KEYS))
@pytest.mark.parametrize(("make", "x_shape"), LAYERS)
@pytest.mark.parametrize("dim", [0, 1, -1, None])
def test_values_and_gradients_are_those_of_the_paper(normalised, make, x_shape, dim):
    layer = make()
    w = layer.weight.data.copy()
    x = np.random.default_rng(0).normal(size=x_shape)
    plain = layer(x).data
    normalised(layer, dim=dim)
    np.testing.assert_allclose(layer(x).data, plain, rtol=1e-12, atol=1e-12)
    names = dict(layer.named_parameters())
    assert set(names) == {"bias", *KEYS[normalised]}
    g, v = (names[key] for key in KEYS[normalised])
    others = tuple(i for i in range(w.ndim) if dim is None or i != dim % w.ndim)
    length = np.sqrt((w**2).sum(axis=others, keepdims=dim is not None))
    np.testing.assert_allclose(g.data, length, rtol=1e-12)
    np.testing.assert_array_equal(v.data, w)

    # dL/dg = <dL/dw, v> / |v|, dL/dv = g / |v| * dL/dw - g * dL/dg / |v|^2 * v: equations 3 and 4
    g.data *= 3.0
    layer(x).sum().backward()
    reference = make()
    reference.load_state_dict({"weight": 3 * w, "bias": layer.bias.data})
    reference(x).sum().backward()
    grad_w = reference.weight.grad
    grad_g = (grad_w * w).sum(axis=others, keepdims=dim is not None) / length
    np.testing.assert_allclose(g.grad, grad_g, rtol=1e-10, atol=1e-12)
    expected = g.data / length * grad_w - g.data * grad_g / length**2 * w
    np.testing.assert_allclose(v.grad, expected, rtol=1e-9, atol=1e-11)


def test_state_dicts_carry_the_two_parts_over():
    for normalised, keys in KEYS.items():
        first, second = normalised(nn.Linear(3, 4)), normalised(nn.Linear(3, 4))
        second.load_state_dict(first.state_dict())
        x = np.ones((1, 3), np.float32)
        np.testing.assert_array_equal(first(x).data, second(x).data)
        assert set(keys) < set(first.state_dict())


def test_it_can_be_removed_again():
    layer = weight_norm(nn.Linear(3, 4))
    layer.weight_g.data *= 2
    x = np.ones((1, 3), np.float32)
    before = layer(x).data
    remove_weight_norm(layer)
    assert set(dict(layer.named_parameters())) == {"weight", "bias"}
    np.testing.assert_array_equal(layer(x).data, before)
    with pytest.raises(ValueError, match=r"^remove_weight_norm: weight_norm has not been applied"):
        remove_weight_norm(layer)


def test_only_a_parameter_can_be_normalised_and_once():
    for normalised in KEYS:
        with pytest.raises(ValueError, match=r"^weight_norm: ReLU has no parameter 'weight'"):
            normalised(nn.ReLU())
        with pytest.raises(ValueError, match=r"^weight_norm: Linear has no parameter 'weight'"):
            normalised(normalised(nn.Linear(2, 2)))
        with pytest.raises(ValueError, match=r"^weight_norm: dim must be from -2 to 1, got 2"):
            normalised(nn.Linear(2, 2), dim=2)


def test_a_list_and_a_dictionary_of_parameters_are_found():
    class Scales(nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = nn.ParameterList([Tensor([1.0]), nn.Parameter([2.0])])
            self.named = nn.ParameterDict({"a": Tensor([3.0])})

    model = Scales()
    model.rows.append(Tensor([4.0]))
    model.rows += [Tensor([5.0])]
    model.named["b"] = Tensor([6.0])
    names = ["rows.0", "rows.1", "rows.2", "rows.3", "named.a", "named.b"]
    assert list(model.state_dict()) == names
    assert all(p.requires_grad for p in model.parameters())
    assert [p.item() for p in model.rows] == [1, 2, 4, 5]
    assert model.rows[-1].item() == 5
    assert [p.item() for p in model.rows[1:3]] == [2, 4]
    model.rows[0] = Tensor([9.0])
    assert model.state_dict()["rows.0"].item() == 9
    assert "(0): Parameter of shape (1,), float32" in repr(model.rows)
    assert "a" in model.named
    assert model.named.pop("a").item() == 3
    assert (len(model.named), list(model.named)) == (1, ["b"])
    del model.named["b"]
    assert not dict(model.named.items())
    with pytest.raises(IndexError, match="ParameterList: index 4 is out of range for 4 parameters"):
        model.rows[4]
    with pytest.raises(TypeError, match="ParameterList: a Parameter or Tensor was expected, got"):
        model.rows.append(3.0)
    with pytest.raises(TypeError, match="ParameterDict: a Parameter or Tensor was expected, got"):
        model.named["c"] = [1.0]


def test_members_are_found_by_dotted_names():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    assert model.get_parameter("0.weight") is model[0].weight
    assert model.get_buffer("1.running_mean") is model[1].running_mean
    with pytest.raises(AttributeError, match="'Linear' object has no parameter 'running_mean'"):
        model.get_parameter("0.running_mean")
    with pytest.raises(AttributeError, match="'BatchNorm1d' object has no buffer 'mean'"):
        model.get_buffer("1.mean")
