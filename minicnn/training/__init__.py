"""Training with less to write: `Trainer` and its callbacks, checkpoints, and `lr_find`."""

from minicnn.training.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    FailOnNonNumber,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgressBar,
    TensorBoard,
)
from minicnn.training.checkpoint import CheckpointFolder, load_checkpoint, save_checkpoint
from minicnn.training.history import History
from minicnn.training.lr_find import LRFindResult, lr_find
from minicnn.training.run import Run
from minicnn.training.run_log import RunLog, read_log
from minicnn.training.trainer import Trainer

__all__ = [
    "Trainer",
    "History",
    "Run",
    "Callback",
    "CSVLogger",
    "EarlyStopping",
    "FailOnNonNumber",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgressBar",
    "TensorBoard",
    "CheckpointFolder",
    "save_checkpoint",
    "load_checkpoint",
    "RunLog",
    "read_log",
    "lr_find",
    "LRFindResult",
]
