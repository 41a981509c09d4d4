"""A run with all that a checkpoint must keep, for a process that will be killed.

    python -m tests.training.killed_run FOLDER SAVE_EVERY [CALL N]

prints at which step it begins, each step, and writes a hash of weights and running means to
FOLDER/digest. With CALL ("fsync", "replace" or "unlink"), the process kills itself in place of its
Nth such call.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import minicnn
from minicnn.data import DataLoader
from minicnn.metrics import Accuracy
from minicnn.optim import Adam, ExponentialMovingAverage
from minicnn.optim.lr_scheduler import OneCycleLR
from minicnn.training import Callback, EarlyStopping, Trainer
from tests.training.nets import blobs, digest, small_net

EPOCHS, SAMPLES, BATCH, ACCUMULATE = 4, 44, 4, 2
STEPS_PER_EPOCH = 6  # 11 batches, two for each step


class Noisy:
    """Samples with an augmentation: a shift and noise that are drawn for each sample anew."""

    def __init__(self) -> None:
        self.data = blobs(SAMPLES)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int):
        image, label = self.data[index]
        rng = minicnn.random.current_generator()
        shifted = minicnn.Tensor(image.data[:, ::-1] if rng.random() < 0.5 else image.data)
        return shifted.data + rng.normal(0, 0.5, image.shape).astype("float32"), label


class Say(Callback):
    """Tells the steps; and no file of a killed process may be left after this one's first save."""

    def __init__(self, folder: Path | None, save_every: int) -> None:
        self.folder, self.save_every = folder, save_every

    def on_fit_begin(self, run) -> None:
        self.begin = run.step
        print(f"begin {run.step}", flush=True)

    def on_gradients(self, run) -> None:
        print(f"step {run.step}", flush=True)
        if self.folder is not None and run.step >= self.begin + self.save_every:
            assert not list(self.folder.glob(".*"))


def train(folder: Path | None, num_workers: int = 2, save_every: int = 1) -> str:
    """Train, from the last checkpoint on if there is one, and return the final hash."""
    model = small_net()
    optimizer = Adam(model.parameters(), lr=0.01)
    ema = ExponentialMovingAverage(model.parameters(), 0.9)
    trainer = Trainer(
        optimizer,
        metrics=[Accuracy()],
        scheduler=OneCycleLR(optimizer, 0.02, total_steps=EPOCHS * STEPS_PER_EPOCH),
        schedule="step",
        callbacks=[EarlyStopping("loss", patience=9), Say(folder, save_every)],
        accumulate=ACCUMULATE,
        ema=ema,
        progress=False,
    )
    loader = DataLoader(Noisy(), BATCH, shuffle=True, seed=5, num_workers=num_workers)
    where = {} if folder is None else dict(checkpoint=folder, save_every=save_every, resume=True)
    history = trainer.fit(model, loader, EPOCHS, **where)
    assert len(history) == EPOCHS
    own = digest(model)
    with ema.averaged():
        return f"{own} {digest(model)} {history['loss']} {history['accuracy']}"


def kill_instead_of(call: str, number: int) -> None:
    """Let the process kill itself in place of its call number `number` of os.`call`."""
    real, seen = getattr(os, call), [0]

    def counting(*args, **kwargs):
        seen[0] += 1
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(os, call, counting)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if len(sys.argv) > 3:
        kill_instead_of(sys.argv[3], int(sys.argv[4]))
    result = train(folder, save_every=int(sys.argv[2]))
    (folder / "digest").write_text(result)
