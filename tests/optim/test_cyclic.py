"""CyclicLR: triangles by their corners, scaled heights, momentum, state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, optim
from minicnn.optim.lr_scheduler import CyclicLR


def sgd(groups: int = 1, **settings: float) -> optim.SGD:
    params = [dict(params=[Tensor([1.0], requires_grad=True)]) for _ in range(groups)]
    return optim.SGD(params, **{"lr": 7.0, "momentum": 0.5, **settings})


@given(st.integers(1, 6), st.integers(1, 6))
def test_corners_lie_where_the_steps_say(up: int, down: int) -> None:
    optimizer = sgd()
    scheduler = CyclicLR(optimizer, 0.1, 0.5, up, down)
    for step in range(3 * (up + down) + 1):
        at = step % (up + down)
        height = at / up if at <= up else (up + down - at) / down
        group = optimizer.param_groups[0]
        assert group["lr"] == pytest.approx(0.1 + 0.4 * height, abs=1e-12)
        assert group["momentum"] == pytest.approx(0.9 - 0.1 * height, abs=1e-12)
        scheduler.step()


def test_heights_are_scaled_by_cycle_or_step() -> None:
    def peaks(**settings: object) -> list[float]:
        scheduler = CyclicLR(sgd(), 0.0, 1.0, 2, **settings)  # type: ignore[arg-type]
        rates = []
        for _ in range(12):
            scheduler.step()
            rates += scheduler.get_last_lr()
        return rates[1::4]

    assert peaks(mode="triangular2") == [1, 0.5, 0.25]
    assert peaks(mode="exp_range", gamma=0.5) == pytest.approx([0.5**2, 0.5**6, 0.5**10])
    assert peaks(scale_fn=lambda cycle: 1 / cycle) == pytest.approx([1, 1 / 2, 1 / 3])
    assert peaks(scale_fn=lambda step: step, scale_mode="iterations") == [2, 6, 10]


def test_groups_have_bounds_of_their_own_and_adam_moves_its_first_beta() -> None:
    optimizer = sgd(2)
    CyclicLR(optimizer, [0.1, 0.2], [1.0, 2.0], 1).step()
    assert [g["lr"] for g in optimizer.param_groups] == [1.0, 2.0]
    adam = optim.Adam([Tensor([1.0], requires_grad=True)])
    CyclicLR(adam, 0.1, 1.0, 1).step()
    assert adam.param_groups[0]["betas"] == (0.8, 0.999)


def test_a_saved_scheduler_goes_on() -> None:
    def rates(scheduler: CyclicLR, count: int) -> list[float]:
        found = []
        for _ in range(count):
            scheduler.step()
            found += scheduler.get_last_lr()
        return found

    first = CyclicLR(sgd(), 0.1, 0.5, 3, mode="triangular2")
    rates(first, 5)
    second = CyclicLR(sgd(), 0.1, 0.5, 3, mode="triangular2")
    second.load_state_dict(first.state_dict())
    assert rates(second, 9) == rates(first, 9)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (dict(step_size_up=0), "step sizes must be positive, got 0, 0"),
        (dict(mode="square"), "mode must be 'triangular', 'triangular2' or 'exp_range'"),
        (dict(scale_mode="epoch"), "scale_mode must be 'cycle' or 'iterations', got 'epoch'"),
        (
            dict(max_lr=[1.0, 2.0]),
            "max_lr must be a number or 1 numbers, one for each",
        ),
    ],
)
def test_wrong_settings_are_refused(settings: dict, text: str) -> None:
    with pytest.raises(ValueError, match=f"^CyclicLR: {text}"):
        CyclicLR(sgd(), **{"base_lr": 0.1, "max_lr": 1.0, **settings})
    with pytest.raises(ValueError, match=r"^CyclicLR: RMSprop has neither|^CyclicLR: Adagrad has"):
        CyclicLR(optim.Adagrad([Tensor([1.0], requires_grad=True)]), 0.1, 1.0)
