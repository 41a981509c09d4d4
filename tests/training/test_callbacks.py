"""Each callback does what it says, and remembers over a resumption what it must."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
import minicnn.nn.functional as F
from minicnn import nn
from minicnn.optim import SGD, ExponentialMovingAverage
from minicnn.training import (
    Callback,
    CSVLogger,
    EarlyStopping,
    FailOnNonNumber,
    LearningRateScheduler,
    ModelCheckpoint,
    TensorBoard,
    Trainer,
)
from tests.training.nets import loader, small_net, weights_of


class Scripted(Callback):
    """Puts numbers of a script into the logs, and shifts a weight each epoch to tell them apart."""

    def __init__(self, **script: list[float]) -> None:
        self.script = script

    def on_epoch_end(self, run) -> None:
        for name, values in self.script.items():
            run.logs[name] = values[run.epoch]
        run.model[5].bias.data[0] = run.epoch


def fit(epochs: int, *callbacks: Callback, model=None, lr: float = 0.0, **settings):
    model = small_net() if model is None else model
    trainer = Trainer(SGD(model.parameters(), lr=lr), callbacks=callbacks, progress=False)
    return model, trainer.fit(model, loader(16), epochs, **settings)


def mark(model) -> float:
    return float(model[5].bias.data[0])


def test_early_stopping_waits_and_gives_back_the_best_weights() -> None:
    losses = [5.0, 3.0, 3.5, float("nan"), 2.95, 9.0]
    stopping = EarlyStopping("val", patience=3, min_delta=0.1, restore_best_weights=True)
    model, history = fit(6, Scripted(val=losses), stopping)
    assert len(history) == 5  # 2.95 is better, but not by 0.1
    assert (stopping.best.value, stopping.best.epoch, stopping.waited) == (3.0, 2, 3)
    assert mark(model) == 1.0
    model, history = fit(6, Scripted(val=losses), EarlyStopping("val", patience=3))
    assert len(history) == 6
    assert mark(model) == 5.0


@pytest.mark.parametrize(
    ("monitor", "mode", "best"),
    [("val_accuracy", "auto", 0.9), ("val_loss", "auto", 0.1), ("val_accuracy", "min", 0.1)],
)
def test_the_better_number_follows_from_the_name_or_the_mode(monitor, mode, best) -> None:
    stopping = EarlyStopping(monitor, patience=9, mode=mode)
    fit(3, Scripted(**{monitor: [0.5, 0.9, 0.1]}), stopping)
    assert stopping.best.value == best


def test_a_stopped_run_that_is_resumed_stays_stopped(tmp_path) -> None:
    for resume in (False, True):
        stopping = EarlyStopping("val", patience=1, restore_best_weights=True)
        script = Scripted(val=[1.0, 2.0, 0.0])
        model, history = fit(3, script, stopping, checkpoint=tmp_path, resume=resume)
        assert len(history) == 2
        assert mark(model) == 0.0


def test_another_run_begins_anew(tmp_path) -> None:
    keep = ModelCheckpoint(tmp_path / "w", "val")
    stopping = EarlyStopping("val", patience=1, restore_best_weights=True)
    for low, best in ((1.0, 0.0), (5.0, 1.0)):
        model, history = fit(3, Scripted(val=[low + best, low, 9.0]), stopping, keep)
        assert len(history) == 2 + best
        assert mark(model) == minicnn.load(keep.path)["5.bias"].data[0] == best


def test_model_checkpoint_keeps_the_best_or_all(tmp_path) -> None:
    script = Scripted(val=[2.0, 1.0, 3.0])
    keep = ModelCheckpoint(tmp_path / "new" / "best.safetensors", "val")
    every = ModelCheckpoint(tmp_path / "{epoch}-{val:.1f}.safetensors", save_best_only=False)
    fit(3, script, keep, every)
    assert minicnn.load(keep.path)["5.bias"].data[0] == 1.0
    names = {path.name for path in tmp_path.glob("*.safetensors")}
    assert names == {"1-2.0.safetensors", "2-1.0.safetensors", "3-3.0.safetensors"}


def test_model_checkpoint_writes_the_running_means(tmp_path) -> None:
    model = small_net()
    ema = ExponentialMovingAverage(model.parameters(), 0.5)
    keep = ModelCheckpoint(tmp_path / "w", "loss")
    trainer = Trainer(SGD(model.parameters(), lr=0.1), ema=ema, callbacks=[keep], progress=False)
    trainer.fit(model, loader())
    np.testing.assert_array_equal(minicnn.load(keep.path)["0.weight"].data, ema.averages[0])
    assert not np.array_equal(model[0].weight.data, ema.averages[0])


def test_learning_rate_scheduler_sets_the_rate_of_each_epoch() -> None:
    callback = LearningRateScheduler(lambda epoch, lr: 0.5 if epoch == 0 else lr / 10)
    _, history = fit(3, callback)
    assert history["lr"] == pytest.approx([0.5, 0.05, 0.005])
    with pytest.raises(ValueError, match=r"schedule\(0, 0.0\) must not be negative, got -1"):
        fit(1, LearningRateScheduler(lambda epoch, lr: -1))


def test_csv_logger_has_each_epoch_once_after_a_resumption(tmp_path) -> None:
    path = tmp_path / "logs" / "run.csv"
    fit(2, CSVLogger(path), checkpoint=tmp_path / "c")
    _, history = fit(3, CSVLogger(path), checkpoint=tmp_path / "c", resume=True)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["loss"]) for row in rows] == history["loss"]


def test_tensorboard_gets_each_number(tmp_path, monkeypatch) -> None:
    written: list[tuple] = []

    class Writer:
        def __init__(self, folder: str, purge_step: int | None) -> None:
            self.part = Path(folder).name
            written.append((self.part, "purge", purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            written.append((self.part, name, float(value), step))

        def add_histogram(self, name: str, values: np.ndarray, step: int) -> None:
            written.append((self.part, name, values.shape, step))

        def flush(self) -> None: ...

        def close(self) -> None:
            written.append((self.part, "closed"))

    library = type(sys)("tensorboardX")
    library.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorboardX", library)
    for epochs in (1, 2):
        _, history = fit(
            epochs,
            TensorBoard(tmp_path / "tb", histograms=True),
            validation=loader(8),
            checkpoint=tmp_path / "c",
            resume=epochs == 2,
        )
    for step in (1, 2):
        assert ("training", "loss", history["loss"][step - 1], step) in written
        assert ("validation", "loss", history["val_loss"][step - 1], step) in written
        assert ("training", "0.weight", (4, 1, 3, 3), step) in written
    purged = [entry[2] for entry in written if entry[:2] == ("training", "purge")]
    assert purged == [None, 2]
    assert written.count(("validation", "closed")) == 2


@pytest.mark.parametrize("missing", ["tensorboardX"])
def test_a_missing_library_is_named_with_its_extra(monkeypatch, missing) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf"TensorBoard needs {missing}.*pip install '.\[train\]"):
        TensorBoard("runs")


def test_without_tqdm_the_lines_remain(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    model = small_net()
    Trainer(SGD(model.parameters(), lr=0.1)).fit(model, loader(), 2)
    assert len(capsys.readouterr().out.splitlines()) == 2


class Explodes(nn.Module):
    """Divides by zero from call number `calls` on, in a function of no layer."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls, self.seen = calls, 0
        self.conv = nn.Conv2d(1, 2, 3)
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        self.seen += 1
        h = self.conv(x)
        if self.seen >= self.calls:
            h = h / 0.0
        return self.fc(F.flatten(h, 1))


def failure(model, lr: float = 0.1, batches=None, loss=F.cross_entropy) -> str:
    optimizer = SGD(model.parameters(), lr=lr)
    trainer = Trainer(optimizer, loss, callbacks=[FailOnNonNumber()], progress=False)
    with pytest.raises(FloatingPointError) as caught:
        trainer.fit(model, loader() if batches is None else batches, 50)
    return str(caught.value)


def test_a_layer_whose_numbers_overflow_is_named_and_weights_stay() -> None:
    model = small_net()
    model[0].weight.data[0] = 3e38
    before = weights_of(model)
    text = failure(model)
    assert "epoch 1, step 1: the loss is nan; the first layer with such an output is '0'" in text
    assert "'0' (Conv2d): it has" in text
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.data, before[name])
    assert all(module._hooks is None for module in model.modules())


def test_a_function_between_layers_is_named_by_the_layer_that_meets_it() -> None:
    text = failure(Explodes(calls=7))
    assert "epoch 2, step 7: the loss is nan; the input of layer 'fc' (Linear), which no" in text


def test_what_was_no_number_before_is_said() -> None:
    model = small_net()
    model[5].weight.data[1, 2] = np.nan
    assert "the parameter 5.weight has 1 NaN and 0 infinite values among 432 already" in (
        failure(model)
    )
    x = np.zeros((2, 1, 6, 6), np.float32)
    x[1, 0, 2] = np.inf
    assert "the batch's x has 0 NaN and 6 infinite values among 72" in failure(
        small_net(), batches=[(x, np.array([0, 1]))]
    )


def test_a_loss_function_or_a_gradient_is_named() -> None:
    text = failure(small_net(), loss=lambda y, labels: F.cross_entropy(y, labels) / 0.0)
    assert "the loss is inf; all layers' outputs are finite: it comes from the loss" in text
    model = small_net()
    # the square root of 0 is finite, its slope is not
    text = failure(model, loss=lambda y, labels: ((y - y.detach()) ** 2).sum().sqrt())
    assert "the loss is 0.0, but the gradient of 5.bias has 3 NaN and 0 infinite" in text


def test_random_numbers_are_the_same_with_and_without_the_watch() -> None:
    states = []
    for callbacks in ([], [FailOnNonNumber()]):
        model, _ = fit(2, *callbacks, lr=0.1)
        states.append(weights_of(model))
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(patience=0), "EarlyStopping: patience must be at least 1, got 0"),
        (lambda: EarlyStopping(mode="best"), "EarlyStopping: mode must be 'auto', 'min' or 'max'"),
        (lambda: EarlyStopping(min_delta=-1), "EarlyStopping: min_delta must not be negative"),
        (lambda: ModelCheckpoint("w", mode="up"), "ModelCheckpoint: mode must be"),
    ],
)
def test_errors_name_the_argument(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()
    with pytest.raises(TypeError, match="LearningRateScheduler: schedule must be callable"):
        LearningRateScheduler(0.1)  # type: ignore[arg-type]


def test_a_number_that_is_not_logged_is_named_with_those_that_are() -> None:
    with pytest.raises(KeyError, match=r"monitor='val_loss' is not among the logs: \['epoch'"):
        fit(1, EarlyStopping())
