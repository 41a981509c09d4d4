"""The functions of minicnn.ops under torch's names: `import minicnn.nn.functional as F`."""

from __future__ import annotations

from minicnn.ops.adaptive_pool2d import adaptive_avg_pool2d, adaptive_max_pool2d
from minicnn.ops.attention import scaled_dot_product_attention
from minicnn.ops.avg_pool2d import avg_pool2d
from minicnn.ops.batch_norm import batch_norm
from minicnn.ops.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
)
from minicnn.ops.class_margin_loss import multi_margin_loss, multilabel_margin_loss
from minicnn.ops.conv1d import conv1d
from minicnn.ops.conv2d import conv2d
from minicnn.ops.conv_transpose2d import conv_transpose1d, conv_transpose2d
from minicnn.ops.cross_entropy import cross_entropy
from minicnn.ops.dropout import dropout, dropout1d, dropout2d
from minicnn.ops.elementwise import sigmoid, tanh
from minicnn.ops.embedding import embedding, one_hot
from minicnn.ops.further_activations import (
    celu,
    hardshrink,
    hardsigmoid,
    logsigmoid,
    mish,
    prelu,
    softmin,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from minicnn.ops.grid_sample import affine_grid, grid_sample
from minicnn.ops.interpolate import interpolate
from minicnn.ops.kl_div import kl_div
from minicnn.ops.likelihood_loss import gaussian_nll_loss, poisson_nll_loss
from minicnn.ops.linear import linear
from minicnn.ops.local_response_norm import local_response_norm
from minicnn.ops.margin_loss import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from minicnn.ops.max_pool2d import max_pool2d
from minicnn.ops.max_unpool2d import max_unpool1d, max_unpool2d
from minicnn.ops.nll_loss import nll_loss
from minicnn.ops.normalization import group_norm, instance_norm, layer_norm
from minicnn.ops.normalize import cosine_similarity, normalize
from minicnn.ops.pad import pad
from minicnn.ops.pairwise_distance import pairwise_distance
from minicnn.ops.pixel_shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from minicnn.ops.pool1d import (
    adaptive_avg_pool1d,
    adaptive_max_pool1d,
    avg_pool1d,
    max_pool1d,
)
from minicnn.ops.rectifiers import elu, hardswish, hardtanh, leaky_relu, relu6, selu
from minicnn.ops.regression_loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from minicnn.ops.relu import relu
from minicnn.ops.shape import flatten, unflatten
from minicnn.ops.smooth import gelu, glu, silu, softplus
from minicnn.ops.softmax import log_softmax, softmax
from minicnn.ops.unfold import fold, unfold

__all__ = [
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "linear",
    "max_pool1d",
    "max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "max_unpool1d",
    "max_unpool2d",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "local_response_norm",
    "normalize",
    "cosine_similarity",
    "pairwise_distance",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "relu6",
    "hardtanh",
    "hardswish",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "softplus",
    "glu",
    "celu",
    "hardshrink",
    "hardsigmoid",
    "logsigmoid",
    "mish",
    "prelu",
    "softmin",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
    "softmax",
    "log_softmax",
    "dropout",
    "dropout1d",
    "dropout2d",
    "cross_entropy",
    "nll_loss",
    "kl_div",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "margin_ranking_loss",
    "hinge_embedding_loss",
    "cosine_embedding_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "soft_margin_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "poisson_nll_loss",
    "gaussian_nll_loss",
    "pad",
    "interpolate",
    "grid_sample",
    "affine_grid",
    "channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "embedding",
    "one_hot",
    "flatten",
    "unflatten",
    "unfold",
    "fold",
    "scaled_dot_product_attention",
]
