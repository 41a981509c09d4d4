"""Adversarial training in the trainer: what the batches become, and that it helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import nn
from minicnn.attacks import FGSM, PGD, AdversarialTraining
from minicnn.data import DataLoader, TensorDataset
from minicnn.training import Callback, Trainer
from tests.digits_net import accuracy, digits, trained, untrained

SETTINGS: dict[str, Any] = dict(radius=0.1, step_size=0.04, step_num=3, random_start=True)


def robust_net(epochs: int = 6) -> nn.Sequential:
    model = untrained()
    loader = DataLoader(TensorDataset(*digits(train=True)), 32, shuffle=True, seed=0)
    trainer = Trainer(
        minicnn.optim.Adam(model.parameters(), lr=2e-3),
        callbacks=[AdversarialTraining(FGSM(model), epsilon=0.1)],
        progress=False,
    )
    trainer.fit(model, loader, epochs)
    return model.eval()


def test_a_net_that_was_attacked_while_it_learnt_withstands_attacks_better() -> None:
    x, y = digits(train=False)
    robust = robust_net()
    for attacked in (
        lambda model: FGSM(model).perturb(x, 0.1, y),
        lambda model: PGD(model).perturb(x, 0.1, 0.02, 10, y),
    ):
        usual, better = (accuracy(model, attacked(model).data, y) for model in (trained(), robust))
        assert better > usual + 0.1
    assert accuracy(robust, x, y) > 0.95


class Seen(Callback):
    def __init__(self) -> None:
        self.batches: list[Any] = []

    def on_loss(self, run: Any) -> None:
        self.batches.append((np.array(run.x), np.array(run.y), run.outputs.shape))


def net() -> nn.Sequential:
    minicnn.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 2))


def batch() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(size=(6, 1, 2, 2)).astype(np.float32)
    return x, np.array([0, 1, 0, 1, 1, 0])


def fitted(model: nn.Module, *callbacks: Callback) -> Any:
    trainer = Trainer(
        minicnn.optim.SGD(model.parameters(), 0.1), callbacks=callbacks, progress=False
    )
    return trainer.fit(model, [batch()], epochs=1)


@pytest.mark.parametrize("keep_clean", [True, False])
def test_the_batch_becomes_clean_and_attacked_images_or_attacked_ones_alone(
    keep_clean: bool,
) -> None:
    (x, y), model, seen = batch(), net(), Seen()
    expected = FGSM(model.eval()).perturb(x, 0.25, y).data
    model.train()
    fitted(model, AdversarialTraining(FGSM(model), epsilon=0.25, keep_clean=keep_clean), seen)
    ((got_x, got_y, shape),) = seen.batches
    if keep_clean:
        np.testing.assert_array_equal(got_x, np.concatenate([x, expected]))
        np.testing.assert_array_equal(got_y, np.concatenate([y, y]))
    else:
        np.testing.assert_array_equal(got_x, expected)
        np.testing.assert_array_equal(got_y, y)
    assert shape == (len(got_y), 2)


def test_it_trains_in_training_mode_and_attacks_in_eval_mode() -> None:
    model = net().eval()
    model[1].train()
    modes = []
    handle = model[1].register_forward_hook(lambda m, args, y: modes.append(m.training))
    fitted(model, AdversarialTraining(PGD(model), **SETTINGS))
    handle.remove()
    assert modes == [False, False, False, True]
    assert [m.training for m in model.modules()] == [False, False, True, False]
    # one pass has moved the running statistics: the one that was learnt from
    assert model[1].num_batches_tracked.item() == 1


def test_the_same_seed_gives_the_same_net() -> None:
    weights = []
    for _ in range(2):
        model = net()
        fitted(model, AdversarialTraining(PGD(model), **SETTINGS))
        weights.append(model[2].weight.data.copy())
    np.testing.assert_array_equal(*weights)


def test_mistakes_are_named() -> None:
    model = net()
    with pytest.raises(TypeError, match=r"attack must be one of minicnn.attacks.* got type"):
        AdversarialTraining(FGSM)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="must be of the model that is trained; it has another Seq"
    ):
        fitted(model, AdversarialTraining(FGSM(net()), epsilon=0.1))
    with pytest.raises(ValueError, match="FGSM: epsilon must be finite and at least 0, got -1"):
        fitted(model, AdversarialTraining(FGSM(model), epsilon=-1))
    assert model.training
