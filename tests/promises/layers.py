"""One table of all layers: what draws a layer, arguments for it, and which of them are batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minicnn import nn
from minicnn.testing import Arguments, Buffer
from minicnn.testing.calls import Call
from tests.promises import table
from tests.torch_parity.draw import SAMPLERS, Draw
from tests.torch_parity.layers import image
from tests.torch_parity.layers_1d import pooled, signal


@dataclass(frozen=True)
class Layer:
    make: Callable[[], nn.Module]
    args: tuple[Any, ...]
    batch: tuple[str, ...] = ("0",)


Drawer = Callable[[Draw], Layer]
LAYERS: dict[str, Drawer] = {}


def layers(*names: str) -> Callable[[Callable[[Draw, str], Layer]], Callable[[Draw, str], Layer]]:
    """Decorator: this function draws layers of these names."""

    def register(drawer: Callable[[Draw, str], Layer]) -> Callable[[Draw, str], Layer]:
        for name in names:
            LAYERS[name] = lambda d, name=name: drawer(d, name)
        return drawer

    return register


# -- layers that call one function: its first arguments go to the call, the rest to the layer -----

CALLED_WITH_ONE = {
    "MaxPool1d": "max_pool1d", "AvgPool1d": "avg_pool1d", "MaxPool2d": "max_pool2d",
    "AvgPool2d": "avg_pool2d", "AdaptiveMaxPool1d": "adaptive_max_pool1d",
    "AdaptiveAvgPool1d": "adaptive_avg_pool1d", "AdaptiveMaxPool2d": "adaptive_max_pool2d",
    "AdaptiveAvgPool2d": "adaptive_avg_pool2d", "LocalResponseNorm": "local_response_norm",
    "Upsample": "interpolate", "ChannelShuffle": "channel_shuffle", "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle", "Unfold": "unfold", "Fold": "fold", "Flatten": "flatten",
    "Unflatten": "unflatten", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu",
    "SELU": "selu", "ReLU6": "relu6", "Hardtanh": "hardtanh", "Hardswish": "hardswish",
    "GELU": "gelu", "GLU": "glu", "SiLU": "silu", "Sigmoid": "sigmoid", "Tanh": "tanh",
    "Softplus": "softplus", "CELU": "celu", "Hardshrink": "hardshrink",
    "Hardsigmoid": "hardsigmoid", "LogSigmoid": "logsigmoid", "Mish": "mish", "Softmin": "softmin",
    "Softshrink": "softshrink", "Softsign": "softsign", "Tanhshrink": "tanhshrink",
    "Threshold": "threshold", "Softmax": "softmax", "LogSoftmax": "log_softmax",
}  # fmt: skip
CALLED_WITH_TWO = {
    "CosineSimilarity": "cosine_similarity", "PairwiseDistance": "pairwise_distance",
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss", "MSELoss": "mse_loss",
    "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div", "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "HingeEmbeddingLoss": "hinge_embedding_loss", "SoftMarginLoss": "soft_margin_loss",
    "MultiMarginLoss": "multi_margin_loss", "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss", "PoissonNLLLoss": "poisson_nll_loss",
}  # fmt: skip
CALLED_WITH_THREE = {
    "MarginRankingLoss": "margin_ranking_loss", "CosineEmbeddingLoss": "cosine_embedding_loss",
    "TripletMarginLoss": "triplet_margin_loss", "GaussianNLLLoss": "gaussian_nll_loss",
    "TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
}  # fmt: skip
FUNCTIONS = CALLED_WITH_ONE | CALLED_WITH_TWO | CALLED_WITH_THREE


def unwrapped(value: Any) -> Any:
    return value.array if isinstance(value, Buffer) else value


@layers(*FUNCTIONS)
def of_a_function(d: Draw, name: str) -> Layer:
    count = 1 if name in CALLED_WITH_ONE else 2 if name in CALLED_WITH_TWO else 3
    function = f"F.{FUNCTIONS[name]}"
    args, settings = SAMPLERS[function](d)
    whole = Call.of(table.operation(function), Arguments(*args, **settings), 0)
    batch = table.batch(function)(whole)
    if set(batch) - set(
        "012"[: max(count, 2)]
    ):  # a weight for each sample is the layer's, not the call's
        batch = ()
    rest = [unwrapped(value) for value in args[count:]]
    settings = {key: unwrapped(value) for key, value in settings.items()}
    if name == "Flatten":  # from axis 1 by default, which a sample may not have
        settings.setdefault("start_dim", 0)
    return Layer(lambda: getattr(nn, name)(*rest, **settings), args[:count], batch)


# -- layers with parameters -----------------------------------------------------------------------


@layers("Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d")
def convolution(d: Draw, name: str) -> Layer:
    axes = int(name[-2])
    transposed = name.startswith("ConvTranspose")
    function = f"F.conv{'_transpose' if transposed else ''}{axes}d"
    (x, weight, bias), settings = SAMPLERS[function](d)
    groups = settings.get("groups", 1)
    channels = (weight.shape[0], weight.shape[1] * groups)
    C_in, C_out = channels if transposed else channels[::-1]
    kernel = weight.shape[2:] if axes == 2 else weight.shape[2]
    settings = {k: v[0] if isinstance(v, tuple) and axes == 1 else v for k, v in settings.items()}
    make = lambda: getattr(nn, name)(C_in, C_out, kernel, bias=bias is not None, **settings)  # noqa: E731
    return Layer(make, (x,), ("0",) if x.ndim == axes + 2 else ())


@layers("Linear")
def linear(d: Draw, name: str) -> Layer:
    (x, weight, bias), _ = SAMPLERS["F.linear"](d)
    make = lambda: nn.Linear(weight.shape[1], len(weight), bias is not None)  # noqa: E731
    return Layer(make, (x,), ("0",) if x.ndim > 1 else ())


@layers("BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d")
def normalization(d: Draw, name: str) -> Layer:
    N, C, axes = d.integer(2, 4), d.integer(1, 4), int(name[-2])
    settings = d.some(momentum=d.number(0.05, 0.9), eps=d.number(1e-5, 1e-1))
    settings |= d.some(affine=d.flag(), track_running_stats=d.flag())
    x = d.floats(N, C, *[d.integer(2, 5) for _ in range(axes)])
    return Layer(
        lambda: getattr(nn, name)(C, **settings),
        (x,),
        () if needs_batch(name, settings) else ("0",),
    )


def needs_batch(name: str, settings: dict[str, Any]) -> bool:
    """Whether the layer takes its statistics from the batch, also in evaluation."""
    return name.startswith("Batch") and settings.get("track_running_stats") is False


@layers("LayerNorm")
def layer_norm(d: Draw, name: str) -> Layer:
    shape = d.shape(1, 2)
    settings = d.some(elementwise_affine=d.flag(), bias=d.flag(), eps=d.number(1e-5, 1e-1))
    return Layer(lambda: nn.LayerNorm(shape, **settings), (d.floats(3, *shape),))


@layers("GroupNorm")
def group_norm(d: Draw, name: str) -> Layer:
    (x, groups, *_), settings = SAMPLERS["F.group_norm"](d)
    settings |= d.some(affine=d.flag())
    return Layer(lambda: nn.GroupNorm(groups, x.shape[1], **settings), (x,))


@layers("Embedding")
def embedding(d: Draw, name: str) -> Layer:
    index = d.integers(*d.shape(1, 3), low=0, high=4)
    return Layer(lambda: nn.Embedding(5, 3), (index,))


@layers("PReLU")
def prelu(d: Draw, name: str) -> Layer:
    (x, weight), _ = SAMPLERS["F.prelu"](d)
    return Layer(lambda: nn.PReLU(len(weight)), (x,))


# -- the others -----------------------------------------------------------------------------------


@layers("Identity", "Dropout", "Dropout1d", "Dropout2d")
def kept(d: Draw, name: str) -> Layer:
    x = d.floats(*[d.integer(1, 4) for _ in range(3 if name == "Dropout1d" else 4)])
    return Layer(lambda: getattr(nn, name)(), (x,))


@layers("Softmax2d", "UpsamplingNearest2d", "UpsamplingBilinear2d")
def of_images(d: Draw, name: str) -> Layer:
    x = d.floats(d.integer(1, 3), d.integer(1, 4), d.integer(1, 5), d.integer(1, 5))
    size = () if name == "Softmax2d" else (d.one_of(None, (d.integer(1, 9), d.integer(1, 9))),)
    settings = dict(scale_factor=2) if size == (None,) else {}
    return Layer(lambda: getattr(nn, name)(*size, **settings), (x,))


@layers("MaxUnpool1d", "MaxUnpool2d")
def unpooled(d: Draw, name: str) -> Layer:
    axes = int(name[-2])
    values, places, size = pooled(d, axes)
    batch = ("0", "1") if values.ndim == axes + 2 else ()
    return Layer(lambda: getattr(nn, name)(2), (values, places, size), batch)


KINDS = ("Zero", "Constant", "Reflection", "Replication", "Circular")
PADDINGS = [f"{kind}Pad{axes}d" for kind in KINDS for axes in (1, 2)]


@layers(*PADDINGS)
def padded(d: Draw, name: str) -> Layer:
    axes = int(name[-2])
    x = image(d, (4, 4)) if axes == 2 else signal(d, 4)
    sides = d.one_of(d.integer(0, 3), tuple(d.integer(0, 3) for _ in range(2 * axes)))
    value = (d.number(-1, 1),) if name.startswith("Constant") else ()
    return Layer(
        lambda: getattr(nn, name)(sides, *value), (x,), ("0",) if x.ndim > axes + 1 else ()
    )


# What holds other modules or parameters and computes nothing itself, and what is no layer.
CONTAINERS = {
    "Module", "Parameter", "functional", "init", "utils", "Sequential", "ModuleList", "ModuleDict",
    "ParameterList", "ParameterDict",
}  # fmt: skip
VIEWS = {"Identity", "Flatten", "Unflatten", "Dropout", "Dropout1d", "Dropout2d"}
