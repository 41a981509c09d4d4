"""What torch's scripts do without thinking: devices, dtypes, changes in place, modes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minicnn as torch
from minicnn import nn
from minicnn.utils.data import DataLoader, TensorDataset


def test_the_usual_choice_of_a_device_ends_at_the_cpu() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    assert (device.type, str(device), repr(device)) == ("cpu", "cpu", "device(type='cpu')")
    assert device == torch.device("cpu")
    assert device != torch.device("cpu:0")
    for kind in (torch.cuda, torch.mps, torch.xpu, torch.accelerator, torch.backends.mps):
        assert not kind.is_available()
        assert kind.device_count() == 0
    model = nn.Linear(2, 1).to(device)
    x = torch.zeros(3, 2, device=device).to(device, non_blocking=True)
    assert model(x).cpu().device == device
    assert model.cpu() is model
    torch.backends.cudnn.benchmark = True
    torch.cuda.manual_seed_all(0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: torch.device("cuda:0"),
        lambda: torch.zeros(1, device="cuda"),
        lambda: torch.tensor([1.0]).cuda(),
        lambda: torch.tensor([1.0]).to("cuda"),
        lambda: nn.Linear(1, 1).cuda(),
        lambda: nn.Linear(1, 1).to("mps"),
    ],
)
def test_another_device_is_refused(ask) -> None:
    with pytest.raises(ValueError, match="minicnn computes on the cpu alone"):
        ask()


def test_dtypes_have_torchs_names() -> None:
    x = torch.tensor([1.5, -2.5])
    assert x.dtype == torch.float32 == torch.float
    assert x.to(torch.float64).dtype == torch.double
    assert x.to("cpu", torch.int64).tolist() == [1, -2]
    assert x.to(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
    assert x.int().dtype == torch.int32
    assert x.bool().tolist() == [True, True]
    assert x.type(torch.long).dtype == torch.int64
    assert x.to(torch.float32) is x
    assert not np.shares_memory(x.to(torch.float32, copy=True).data, x.data)
    assert nn.Linear(1, 1).to(device="cpu", dtype=torch.float64).weight.dtype == torch.float64
    with pytest.raises(TypeError, match=r"^to: one dtype was expected, got"):
        x.to(torch.float32, torch.float64)
    with pytest.raises(TypeError, match=r"^to: unknown arguments \['memory'\]"):
        x.to(torch.float32, memory=1)


def test_values_are_changed_in_place_outside_of_the_graph() -> None:
    x = y = torch.zeros(2, 3)
    x[0] = 1
    x[:, 1] = torch.tensor([5.0, 6.0])
    x[x > 5] = -1.0
    assert y.tolist() == [[1.0, 5.0, 1.0], [0.0, -1.0, 0.0]]
    x.zero_().add_(2, alpha=3).mul_(2).sub_(1).div_(11)
    assert y.tolist() == [[1.0] * 3] * 2
    x.copy_(torch.tensor([1.0, 2.0, 3.0])).clamp_(max=2)
    x.masked_fill_(x == 1, 9)
    assert y.tolist() == [[9.0, 2.0, 2.0]] * 2
    assert x.fill_(4).uniform_(-1, 1).data.max() <= 1
    torch.manual_seed(0)
    assert abs(torch.zeros(1000).normal_(3, 0.1).mean().item() - 3) < 0.02


def test_parameters_are_updated_by_hand() -> None:
    w = first = torch.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w *= 2
        w += torch.tensor([1.0, 1.0])
        w /= 2
    assert w is first
    assert w.requires_grad
    np.testing.assert_allclose(w.data, [0.8 + 0.5, 1.6 + 0.5], rtol=1e-6)
    before = x = torch.zeros(1)
    x += w[:1]  # recorded: a new tensor, which the graph sees
    assert x is not before
    assert x.requires_grad
    with torch.no_grad(), pytest.raises(ValueError, match=r"^iadd: in place, the result must have"):
        before += torch.zeros(3)
    with torch.no_grad(), pytest.raises(TypeError, match=r"^imul: float32 cannot become int64"):
        torch.arange(3).__imul__(0.5)


def test_a_checkpoint_is_saved_and_loaded_as_in_torch(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, tmp_path / "run.pt")
    found = torch.load(tmp_path / "run.pt", map_location=torch.device("cpu"), weights_only=True)
    assert found["epoch"] == 3
    again = nn.Linear(2, 1)
    again.load_state_dict(found["model"])
    np.testing.assert_array_equal(again.weight.data, model.weight.data)
    torch.optim.Adam(again.parameters()).load_state_dict(found["optimizer"])
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    weights = torch.load(tmp_path / "weights.pt", map_location="cpu")
    assert sorted(weights) == ["bias", "weight"]
    assert isinstance(weights["bias"], torch.Tensor)
    with pytest.raises(ValueError, match="minicnn computes on the cpu alone"):
        torch.load(tmp_path / "weights.pt", map_location="cuda")
    with pytest.raises(TypeError, match=r"^load: dtype is for files of weights"):
        torch.load(tmp_path / "run.pt", dtype="float64")
    with pytest.raises(ValueError, match=r"^save: metadata is for weights"):
        torch.save(state, tmp_path / "run.pt", metadata={"a": "b"})
    with pytest.raises(TypeError, match=r"^save: state_dict must be a mapping, got list"):
        torch.save([1], tmp_path / "run.pt")


def test_the_graph_is_not_changed_behind_its_back() -> None:
    w = torch.ones(2, requires_grad=True)
    plain = torch.zeros(2)
    changes = [
        lambda: w.zero_(),
        lambda: w.add_(1),
        lambda: w.normal_(),
        lambda: plain.copy_(w),
        lambda: plain.add_(w),
        lambda: plain.__setitem__(0, w[0]),
    ]
    for change in changes:
        with pytest.raises(RuntimeError, match=r"tensors that require a gradient are changed in"):
            change()
        with torch.no_grad():
            change()


def test_values_that_do_not_fit_are_refused() -> None:
    x = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"^setitem: this tensor has shape \(2, 3\): could not br"):
        x[0] = torch.zeros(2)
    with pytest.raises(IndexError, match=r"^setitem: this tensor has shape \(2, 3\): index 5"):
        x[5] = 1
    with pytest.raises(TypeError, match=r"^copy_: float32 cannot become int64 in place"):
        torch.zeros(2, dtype=torch.int64).copy_(torch.tensor([0.5, 0.5]))


def test_initial_values_may_be_asked_for_the_weights_array() -> None:
    layer = nn.Conv2d(3, 4, 3)
    for fill in (nn.init.normal_, nn.init.kaiming_uniform_, nn.init.orthogonal_, nn.init.dirac_):
        layer.weight.data[...] = np.nan
        fill(layer.weight.data)
        assert np.isfinite(layer.weight.data).all()
    nn.init.constant_(layer.bias.data, 3)
    assert layer.bias.tolist() == [3.0] * 4


def test_modes_of_the_graph() -> None:
    x = torch.ones(1, requires_grad=True)
    with torch.inference_mode():
        assert not (x * 2).requires_grad
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
    finally:
        torch.set_grad_enabled(True)
    y = x * 2
    assert y.grad_fn is y.creator
    assert y.detach_().is_leaf


def test_a_generator_fixes_a_loaders_order() -> None:
    def order() -> list[int]:
        generator = torch.Generator().manual_seed(3)
        data = TensorDataset(torch.arange(20))
        return [int(x) for (x,) in DataLoader(data, shuffle=True, generator=generator)]

    assert order() == order()
    assert order() != list(range(20))
    with pytest.raises(ValueError, match=r"^manual_seed: seed must not be negative, got -1"):
        torch.Generator().manual_seed(-1)


def test_one_element_can_be_formatted() -> None:
    assert f"{torch.tensor(0.12345):.3f}" == "0.123"
    assert f"{torch.tensor([1.0, 2.0])}" == "tensor([1., 2.])"


def test_memory_can_be_made_contiguous() -> None:
    x = torch.zeros(2, 3)
    assert x.is_contiguous()
    assert x.contiguous() is x
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()


def test_random_tensors_follow_their_parameters() -> None:
    torch.manual_seed(0)
    assert torch.rand_like(torch.zeros(2, 3, dtype=torch.float64)).dtype == torch.float64
    assert torch.randn_like(torch.zeros(4)).shape == (4,)
    assert abs(torch.normal(2.0, 3.0, (10_000,)).std().item() - 3) < 0.1
    means = torch.tensor([0.0, 100.0])
    assert torch.normal(means, torch.zeros(2)).tolist() == means.tolist()
    assert abs(torch.bernoulli(torch.full((10_000,), 0.3)).mean().item() - 0.3) < 0.02
    counts = torch.bincount(torch.multinomial([1.0, 0.0, 3.0], 8_000, replacement=True))
    assert abs(counts[0].item() - 2000) < 200
    assert counts[1].item() == 0
    assert sorted(torch.multinomial([[1.0, 1.0, 2.0]] * 2, 3)[1].tolist()) == [0, 1, 2]
    generator = torch.Generator().manual_seed(1)
    again = torch.Generator().manual_seed(1)
    assert torch.rand(3, generator=generator).equal(torch.rand(3, generator=again))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: torch.normal(0.0, -1.0, (2,)), ValueError, "normal: std must not be negative"),
        (lambda: torch.bernoulli([2.0]), ValueError, "bernoulli: x must hold probabilities"),
        (lambda: torch.bernoulli([1]), TypeError, "bernoulli: x must be floating point, got int64"),
        (lambda: torch.multinomial([0.0], 1), ValueError, "multinomial: each row of x must hold"),
        (lambda: torch.multinomial([1.0], 2), ValueError, "multinomial: without replacement, 2"),
        (lambda: torch.multinomial(1.0, 1), ValueError, "multinomial: x must have one or two"),
    ],
)
def test_errors_of_random_tensors_name_the_function(call, error, text) -> None:
    with pytest.raises(error, match=f"^{text}"):
        call()
