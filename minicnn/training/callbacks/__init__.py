"""What a trainer calls at the events of a run."""

from minicnn.training.callbacks.base import Callback
from minicnn.training.callbacks.csv_logger import CSVLogger
from minicnn.training.callbacks.early_stopping import EarlyStopping
from minicnn.training.callbacks.learning_rate import LearningRateScheduler
from minicnn.training.callbacks.model_checkpoint import ModelCheckpoint
from minicnn.training.callbacks.non_number import FailOnNonNumber
from minicnn.training.callbacks.progress import ProgressBar
from minicnn.training.callbacks.tensorboard import TensorBoard

__all__ = [
    "Callback",
    "CSVLogger",
    "EarlyStopping",
    "FailOnNonNumber",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgressBar",
    "TensorBoard",
]
