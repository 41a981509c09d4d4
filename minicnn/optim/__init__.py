"""Optimizers, under torch's names and with its update rules."""

from minicnn.optim import lr_scheduler
from minicnn.optim.adadelta import Adadelta
from minicnn.optim.adagrad import Adagrad
from minicnn.optim.adam import Adam, AdamW
from minicnn.optim.adamax import Adamax
from minicnn.optim.ema import ExponentialMovingAverage
from minicnn.optim.nadam import NAdam
from minicnn.optim.optimizer import Optimizer
from minicnn.optim.rmsprop import RMSprop
from minicnn.optim.sgd import SGD

__all__ = [
    "Optimizer",
    "SGD",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "RMSprop",
    "Adagrad",
    "Adadelta",
    "ExponentialMovingAverage",
    "lr_scheduler",
]
