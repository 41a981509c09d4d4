"""Layers and what they are made of, under torch's names."""

from minicnn.nn import functional, init, utils
from minicnn.nn.activation import (
    ELU,
    GELU,
    GLU,
    SELU,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from minicnn.nn.batch_norm import BatchNorm1d, BatchNorm2d
from minicnn.nn.containers import ModuleDict, ModuleList, Sequential
from minicnn.nn.conv import Conv1d, Conv2d
from minicnn.nn.conv_transpose import ConvTranspose1d, ConvTranspose2d
from minicnn.nn.dropout import Dropout, Dropout1d, Dropout2d
from minicnn.nn.embedding import Embedding
from minicnn.nn.flatten import Flatten, Unflatten
from minicnn.nn.linear import Identity, Linear
from minicnn.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from minicnn.nn.module import Module
from minicnn.nn.normalization import GroupNorm, InstanceNorm2d, LayerNorm, LocalResponseNorm
from minicnn.nn.parameter import Parameter
from minicnn.nn.parameter_containers import ParameterDict, ParameterList
from minicnn.nn.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from minicnn.nn.pooling1d import (
    AdaptiveAvgPool1d,
    AdaptiveMaxPool1d,
    AvgPool1d,
    MaxPool1d,
    MaxUnpool1d,
    MaxUnpool2d,
)
from minicnn.nn.resizing import Fold, PixelShuffle, PixelUnshuffle, Unfold, Upsample

__all__ = [
    "Module",
    "Parameter",
    "functional",
    "init",
    "utils",
    "Sequential",
    "ModuleList",
    "ModuleDict",
    "ParameterList",
    "ParameterDict",
    "Identity",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Linear",
    "MaxPool1d",
    "AvgPool1d",
    "AdaptiveMaxPool1d",
    "AdaptiveAvgPool1d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxPool2d",
    "AvgPool2d",
    "AdaptiveMaxPool2d",
    "AdaptiveAvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "LayerNorm",
    "GroupNorm",
    "InstanceNorm2d",
    "LocalResponseNorm",
    "Embedding",
    "Upsample",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unfold",
    "Fold",
    "Flatten",
    "Unflatten",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "SELU",
    "ReLU6",
    "Hardtanh",
    "Hardswish",
    "GELU",
    "GLU",
    "SiLU",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softmax",
    "LogSoftmax",
    "CrossEntropyLoss",
    "NLLLoss",
    "MSELoss",
    "L1Loss",
    "SmoothL1Loss",
    "HuberLoss",
    "KLDivLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
]
