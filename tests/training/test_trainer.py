"""The trainer does what a hand-written loop does, and says what it did."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
import minicnn.nn.functional as F
from minicnn import nn
from minicnn.metrics import Accuracy, ConfusionMatrix
from minicnn.nn.utils import clip_grad_norm_, clip_grad_value_
from minicnn.optim import SGD, Adam, ExponentialMovingAverage
from minicnn.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau, StepLR
from minicnn.training import Callback, Trainer
from tests.machine import cases
from tests.training.nets import blobs, digest, loader, small_net, weights_of


def quiet(optimizer, *args, **settings) -> Trainer:
    return Trainer(optimizer, *args, progress=False, **settings)


def test_it_ends_with_the_weights_of_a_hand_written_loop_to_the_bit() -> None:
    model = small_net()
    optimizer = Adam(model.parameters(), lr=1e-2)
    scheduler = OneCycleLR(optimizer, 1e-2, total_steps=15)
    losses = []
    batches = loader()
    for _ in range(3):
        for x, labels in batches:
            loss = F.cross_entropy(model(x), labels)
            optimizer.zero_grad()
            loss.backward()
            clip_grad_value_(model.parameters(), 0.05)
            clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    other = small_net()
    optimizer = Adam(other.parameters(), lr=1e-2)
    scheduler = OneCycleLR(optimizer, 1e-2, total_steps=15)
    trainer = quiet(optimizer, scheduler=scheduler, schedule="step", clip_norm=0.5, clip_value=0.05)
    history = trainer.fit(other, loader(), epochs=3)
    assert digest(other) == digest(model)
    np.testing.assert_allclose(history["loss"], np.mean(np.reshape(losses, (3, 5)), axis=1), 1e-12)


@given(st.integers(1, 7), st.lists(st.integers(1, 9), min_size=1, max_size=7))
@cases(40)
def test_accumulated_gradients_are_those_of_all_samples(accumulate, sizes) -> None:
    data = blobs(sum(sizes))
    x, labels = (tensor.data.astype(t) for tensor, t in zip(data.tensors, (np.float64, np.int64)))
    ends = np.cumsum(sizes)
    batches = [(x[e - n : e], labels[e - n : e]) for n, e in zip(sizes, ends)]
    seen: list[np.ndarray] = []

    class Watch(Callback):
        def on_gradients(self, run) -> None:
            seen.append(np.array(run.model[1].weight.grad))

    minicnn.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)).double()
    trainer = quiet(SGD(model.parameters(), lr=0.0), accumulate=accumulate, callbacks=[Watch()])
    trainer.fit(model, batches)
    expected = []
    for i in range(0, len(sizes), accumulate):
        span = slice(ends[i] - sizes[i], ends[min(i + accumulate, len(sizes)) - 1])
        logits = x[span].reshape(-1, 36) @ model[1].weight.data.T + model[1].bias.data
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(p)), labels[span]] -= 1
        expected.append(p.T @ x[span].reshape(-1, 36) / len(p))
    np.testing.assert_allclose(seen, expected, rtol=1e-10, atol=1e-12)


def test_validation_uses_running_means_and_eval_mode_and_changes_nothing() -> None:
    model = small_net()
    ema = ExponentialMovingAverage(model.parameters(), decay=0.5)
    trainer = quiet(SGD(model.parameters(), lr=0.1), metrics=[Accuracy()], ema=ema)
    history = trainer.fit(model, loader(), 2, validation=loader(24))
    without = small_net()
    quiet(SGD(without.parameters(), lr=0.1)).fit(without, loader(), 2)
    assert digest(model) == digest(without)
    with ema.averaged():
        model.eval()
        x, labels = (tensor.data for tensor in blobs(24).tensors)
        logits = model(x).data
        model.train()
    assert history["val_accuracy"][-1] == np.mean(logits.argmax(axis=1) == labels)
    assert history["val_loss"][-1] == pytest.approx(F.cross_entropy(logits, labels).item(), 1e-6)


def test_modes_are_those_from_before() -> None:
    model = small_net().eval()
    model[2].training = True
    trainer = quiet(SGD(model.parameters(), lr=0.1))
    trainer.fit(model, loader(), 1, validation=loader())
    assert [module.training for module in model.modules()].index(True) == 3
    assert sum(module.training for module in model.modules()) == 1


def test_the_history_has_each_epoch(tmp_path, capsys) -> None:
    model = small_net()
    optimizer = SGD(model.parameters(), lr=1.0)
    trainer = Trainer(
        optimizer,
        metrics={"right": Accuracy(), "matrix": ConfusionMatrix(3)},
        scheduler=StepLR(optimizer, 1, 0.1),
    )
    history = trainer.fit(model, loader(), 3, validation=loader(16))
    names = ["epoch", "loss", "right", "matrix", "val_loss", "val_right", "val_matrix", "lr"]
    assert history.names() == [*names, "seconds"]
    assert history["epoch"] == [1, 2, 3]
    assert history["lr"] == pytest.approx([1.0, 0.1, 0.01])
    assert history["matrix"][0].sum() == 40
    assert np.trace(history["val_matrix"][2]) == 16 * history["val_right"][2]
    assert history.best("loss")["loss"] == min(history["loss"])
    assert history.best("right", "max")["right"] == max(history["right"])
    with pytest.raises(KeyError, match=r"no 'wrong' was logged; there are \['epoch'"):
        history["wrong"]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    assert f"loss {history['loss'][1]:.4g} " in lines[1]
    history.plot(tmp_path / "curves.png", title="Blobs")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_a_plateau_reduces_the_rate_by_the_validation() -> None:
    model = small_net()
    optimizer = SGD(model.parameters(), lr=1.0)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    trainer = quiet(
        optimizer, lambda y, labels: F.cross_entropy(y * 0, labels), scheduler=scheduler
    )
    history = trainer.fit(model, loader(), 3, validation=loader())
    assert history["lr"] == [1.0, 1.0, 0.5]  # the first loss is the best one, the others equal it
    assert optimizer.param_groups[0]["lr"] == 0.25
    assert scheduler.best == pytest.approx(np.log(3), 1e-6)


def test_evaluate_and_predict_agree_with_the_model() -> None:
    model = small_net()
    trainer = quiet(SGD(model.parameters(), lr=0.1), metrics=[Accuracy()])
    x, labels = (tensor.data for tensor in blobs(20).tensors)
    batches = [(x[:15], labels[:15]), (x[15:], labels[15:])]  # means are weighted by samples
    model.eval()
    logits = model(x).data
    model.train()
    values = trainer.evaluate(model, batches)
    assert values["loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), 1e-6)
    assert values["accuracy"] == np.mean(logits.argmax(axis=1) == labels)
    for inputs in (batches, [x[:15], x[15:]]):
        # the sums of a batch of 15 and one of 20 may be rounded differently
        np.testing.assert_allclose(trainer.predict(model, inputs), logits, rtol=1e-5, atol=1e-6)
    assert model.training


def test_a_run_ends_when_a_callback_says_so_and_always_says_goodbye() -> None:
    events: list[str] = []

    class Watch(Callback):
        def on_epoch_end(self, run) -> None:
            events.append("epoch")
            run.stop = "enough"

        def on_fit_end(self, run) -> None:
            events.append("end")

    model = small_net()
    trainer = quiet(SGD(model.parameters(), lr=0.1), callbacks=[Watch()])
    assert len(trainer.fit(model, loader(), 5)) == 1
    with pytest.raises(TypeError):
        trainer.fit(model, [3])
    assert events == ["epoch", "end", "end"]


def test_an_optimizer_of_another_model_is_refused() -> None:
    model, other = small_net(), small_net()
    with pytest.raises(ValueError, match=r"Trainer.fit: the optimizer has none of the 6"):
        quiet(SGD(other.parameters(), lr=0.1)).fit(model, loader())


def test_the_graph_of_a_batch_is_gone_before_the_next_one() -> None:
    alive: list[weakref.ref] = []

    class Watch(Callback):
        def on_loss(self, run) -> None:
            alive.append(weakref.ref(run.outputs.creator))

        def on_batch_begin(self, run) -> None:
            assert [graph() for graph in alive] == [None] * len(alive)

    model = small_net()
    quiet(SGD(model.parameters(), lr=0.1), callbacks=[Watch()]).fit(model, loader())
    assert len(alive) == 5


SETTINGS = [
    (dict(metrics=["accuracy"]), TypeError, "metrics must be Metric objects, got 'accuracy'"),
    (dict(metrics="accuracy"), TypeError, "metrics must be a sequence or a dict"),
    (dict(metrics=[Accuracy(), Accuracy()]), ValueError, "two metrics share a name"),
    (dict(metrics={"loss": Accuracy()}), ValueError, "a metric cannot be called 'loss'"),
    (dict(callbacks=[print]), TypeError, "callbacks must be of type Callback"),
    (dict(scheduler=3), TypeError, "scheduler must be of type LRScheduler, got 3"),
    (dict(ema=0.9), TypeError, "ema must be of type ExponentialMovingAverage, got 0.9"),
    (dict(schedule="batch"), ValueError, "schedule must be 'epoch' or 'step', got 'batch'"),
    (dict(accumulate=0), ValueError, "accumulate must be at least 1, got 0"),
    (dict(accumulate=1.5), TypeError, "accumulate must be an int, got 1.5"),
    (dict(clip_norm=0), ValueError, "clip_norm must be positive, got 0"),
    (dict(clip_value=-1), ValueError, "clip_value must be positive, got -1"),
    (dict(loss="mse"), TypeError, "loss must be callable, got 'mse'"),
]


@pytest.mark.parametrize(("settings", "error", "message"), SETTINGS)
def test_a_wrong_setting_is_named(settings, error, message) -> None:
    with pytest.raises(error, match=f"Trainer: {message}"):
        Trainer(SGD(small_net().parameters(), lr=0.1), **settings)


def test_parts_that_do_not_belong_together_are_refused() -> None:
    mine, other = (SGD(small_net().parameters(), lr=0.1) for _ in range(2))
    with pytest.raises(TypeError, match="optimizer must be of type Optimizer, got None"):
        Trainer(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scheduler belongs to another optimizer"):
        Trainer(mine, scheduler=StepLR(other, 1))
    with pytest.raises(ValueError, match="ReduceLROnPlateau looks at epochs"):
        Trainer(mine, scheduler=ReduceLROnPlateau(mine), schedule="step")


FITS = [
    (dict(loader=[]), ValueError, "the loader is empty"),
    (dict(loader=[np.zeros(3)]), TypeError, r"must yield batches \(x, y\), got a ndarray"),
    (dict(loader=[(1, 2, 3)]), TypeError, r"must yield batches \(x, y\), got a tuple of 3"),
    (dict(epochs=-1), ValueError, "epochs must not be negative, got -1"),
    (dict(epochs=1.5), TypeError, "epochs must be an int, got 1.5"),
    (dict(resume=True), ValueError, "resume and save_every need a checkpoint folder"),
    (dict(save_every=3), ValueError, "resume and save_every need a checkpoint folder"),
    (dict(save_every=0, checkpoint="x"), ValueError, "save_every must be at least 1, got 0"),
    (dict(resume=1, checkpoint="x"), TypeError, "resume must be True or False, got 1"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), FITS)
def test_a_wrong_argument_of_fit_is_named(arguments, error, message) -> None:
    model = small_net()
    trainer = quiet(SGD(model.parameters(), lr=0.1))
    before = weights_of(model)
    with pytest.raises(error, match=message):
        trainer.fit(model, **{"loader": loader(), **arguments})
    for name, value in weights_of(model).items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (lambda outputs, y: 0.5, TypeError, "loss must give a Tensor, got float"),
        (
            lambda outputs, y: F.cross_entropy(outputs, y, reduction="none"),
            ValueError,
            r"loss must give one number for a batch, got shape \(8,\)",
        ),
    ],
)
def test_a_loss_that_is_none_is_refused(loss, error, message) -> None:
    model = small_net()
    with pytest.raises(error, match=message):
        quiet(SGD(model.parameters(), lr=0.1), loss).fit(model, loader())
