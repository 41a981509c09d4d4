"""One table of all public operations: what the sweeps of tests/promises/ iterate over.

Arguments are drawn by the samples that PyTorch is compared on (tests/torch_parity/), and by
corners.py. Here stands what an operation is: linear, differentiable, a view of its argument; and
which of its arguments have the batch as their first axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.nn import functional
from minicnn.testing import Arguments, Buffer
from minicnn.testing.calls import Call, array_of
from tests.promises import corners
from tests.torch_parity import draw
from tests.torch_parity.run import Minicnn

# Methods of Tensor call these; a function that stands in both namespaces is one operation.
OPERATIONS = sorted(
    {f"F.{name}" for name in functional.__all__}
    | {f"ops.{name}" for name in ops.__all__ if name not in functional.__all__}
)

LINEAR = {  # in each of the variables, plus a constant
    "F.conv1d", "F.conv2d", "F.conv_transpose1d", "F.conv_transpose2d", "F.linear", "F.avg_pool1d",
    "F.avg_pool2d", "F.adaptive_avg_pool1d", "F.adaptive_avg_pool2d", "F.max_unpool1d",
    "F.max_unpool2d", "F.dropout", "F.dropout1d", "F.dropout2d", "F.pad", "F.interpolate",
    "F.channel_shuffle", "F.pixel_shuffle", "F.pixel_unshuffle", "F.embedding", "F.flatten",
    "F.unflatten", "F.unfold", "F.fold", "F.nll_loss", "ops.add", "ops.sub", "ops.mul", "ops.neg",
    "ops.sum", "ops.mean", "ops.matmul", "ops.einsum", "ops.reshape", "ops.view", "ops.cat",
    "ops.stack", "ops.split", "ops.chunk", "ops.clone", "ops.expand", "ops.flip", "ops.gather",
    "ops.getitem", "ops.permute", "ops.repeat", "ops.roll", "ops.squeeze", "ops.to",
    "ops.transpose", "ops.unsqueeze", "ops.where", "ops.cumsum",
    "F.affine_grid",
}  # fmt: skip
NO_GRADIENT = {
    "F.one_hot", "ops.argmax", "ops.argmin", "ops.eq", "ops.ge", "ops.gt", "ops.le", "ops.lt",
    "ops.ne", "ops.all", "ops.any", "ops.isnan", "ops.isinf", "ops.isfinite", "ops.logical_and",
    "ops.logical_or", "ops.logical_xor", "ops.logical_not", "ops.argsort", "ops.floor_divide",
}  # fmt: skip
VIEWS = {  # torch's, and what returns its argument as it is
    "F.flatten", "F.unflatten", "ops.reshape", "ops.view", "ops.squeeze", "ops.unsqueeze",
    "ops.permute", "ops.transpose", "ops.expand", "ops.split", "ops.chunk", "ops.getitem",
    "ops.to", "F.dropout", "F.dropout1d", "F.dropout2d",
}  # fmt: skip


def operation(name: str) -> Callable[..., Any]:
    return Minicnn().function(name)


def sample(name: str, rng: np.random.Generator) -> Arguments:
    """Draw arguments of an operation."""
    d = draw.Draw(int(rng.integers(2**32)))
    if name == "ops.to":  # to integers there is no gradient
        return Arguments(d.floats(*d.shape(0)), np.float64)
    args, settings = draw.SAMPLERS[name](d)
    settings.pop("padding_idx", None)  # of embedding: a row without the gradient that it has
    return corners.moved(name, Arguments(*args, **settings), rng)


def first_result(name: str, sample: Arguments) -> np.ndarray:
    """Return what an operation computes, or the first array of it."""
    return Call.of(operation(name), sample, 0).run()["result 0"]


# -- which arguments are batches ------------------------------------------------------------------


def ndim(call: Call, name: str = "0") -> int:
    return array_of(call.arguments[name]).ndim


def none(call: Call) -> tuple[str, ...]:
    """The first axis is none of samples, or where it is one is not seen from the arguments."""
    return ()


def alike(call: Call) -> tuple[str, ...]:
    """All that have the largest array's first axis: the others broadcast along it."""
    arrays = {n: array_of(a) for n, a in call.arguments.items() if isinstance(a, ARRAYS)}
    shape = max([a.shape for a in arrays.values()], key=len)
    size = max([a.shape[0] for a in arrays.values() if a.ndim == len(shape) > 0], default=0)
    return tuple([n for n, a in arrays.items() if a.ndim == len(shape) and a.shape[:1] == (size,)])


ARRAYS = (np.ndarray, Buffer)


def first(call: Call) -> tuple[str, ...]:
    return ("0",)


def above(axes: int, *names: str) -> Callable[[Call], tuple[str, ...]]:
    """These arguments, if the first has more axes than a sample has."""
    return lambda call: (names or ("0",)) if ndim(call) > axes else ()


def beside(*names: str, default: Any = None) -> Callable[[Call], tuple[str, ...]]:
    """These arguments, if the operation works along other axes than the first."""

    def batch(call: Call) -> tuple[str, ...]:
        dim = call.arguments.get("dim", default)
        array = call.arguments["0"][0] if names == ("list",) else call.arguments["0"]
        dims = [dim] if isinstance(dim, int) else dim
        if dims is None or any(d % array.ndim == 0 for d in dims):
            return ()
        return ("0",) if names in ((), ("list",)) else names

    return batch


def matrices(call: Call) -> tuple[str, ...]:
    a, b = call.arguments["0"], call.arguments["1"]
    return ("0", "1") if a.ndim == b.ndim > 2 and len(a) == len(b) else ()


BATCHES: dict[str, Callable[[Call], tuple[str, ...]]] = {
    **dict.fromkeys(["F.conv1d", "F.conv_transpose1d"], above(2)),
    **dict.fromkeys(["F.conv2d", "F.conv_transpose2d"], above(3)),
    **dict.fromkeys(
        [f"F.{a}{b}_pool1d" for a in ("", "adaptive_") for b in ("max", "avg")], above(2)
    ),
    **dict.fromkeys(
        [f"F.{a}{b}_pool2d" for a in ("", "adaptive_") for b in ("max", "avg")], above(3)
    ),
    "F.max_unpool1d": above(2, "0", "1"),
    "F.max_unpool2d": above(3, "0", "1"),
    **dict.fromkeys(["F.unfold", "F.pixel_shuffle", "F.pixel_unshuffle"], above(3)),
    "F.fold": above(2),
    "F.linear": above(1),
    "F.dropout1d": above(2),
    **dict.fromkeys(["F.interpolate", "F.channel_shuffle", "F.group_norm", "F.prelu"], first),
    **dict.fromkeys(["F.local_response_norm", "F.dropout2d", "F.embedding"], first),
    "F.one_hot": none,  # without num_classes, their number is unknown
    "F.embedding": above(0),
    "F.batch_norm": lambda call: () if call.arguments["training"] else ("0",),
    "F.instance_norm": lambda call: () if isinstance(call.arguments["1"], Buffer) else ("0",),
    "F.layer_norm": lambda call: ("0",) if ndim(call) > len(call.arguments["1"]) else (),
    "F.normalize": beside(default=1),
    "F.pairwise_distance": above(1, "0", "1"),
    "F.cosine_similarity": beside("0", "1", default=1),
    **dict.fromkeys(["F.cross_entropy", "F.nll_loss"], above(1, "0", "1")),
    **dict.fromkeys(["F.multi_margin_loss", "F.multilabel_margin_loss"], above(1, "0", "1")),
    **dict.fromkeys(["F.cosine_embedding_loss", "F.gaussian_nll_loss"], above(1, "0", "1", "2")),
    "F.grid_sample": lambda call: ("0", "1"),
    "F.affine_grid": none,  # the size names it, too
    "F.scaled_dot_product_attention": lambda call: ("0", "1", "2"),
    **dict.fromkeys(["F.glu", "F.softmax", "F.log_softmax", "F.softmin"], beside()),
    "F.kl_div": lambda call: () if call.arguments.get("reduction") == "batchmean" else alike(call),
    **dict.fromkeys([f"ops.{n}" for n in ("sum", "mean", "amax", "amin", "var", "std")], beside()),
    **dict.fromkeys([f"ops.{n}" for n in ("prod", "argmax", "argmin", "max", "min")], beside()),
    **dict.fromkeys([f"ops.{n}" for n in ("logsumexp", "norm", "topk", "cumsum")], beside()),
    **dict.fromkeys([f"ops.{n}" for n in ("any", "all")], beside()),
    **dict.fromkeys([f"ops.{n}" for n in ("sort", "argsort")], beside(default=-1)),
    "ops.cat": beside("list"),
    "ops.stack": none,
    "ops.gather": none,
    "ops.matmul": matrices,
    **dict.fromkeys(["ops.einsum", "ops.reshape", "ops.view", "F.unflatten", "F.flatten"], none),
    **dict.fromkeys(["ops.squeeze", "ops.unsqueeze", "ops.permute", "ops.transpose"], none),
    **dict.fromkeys(["ops.expand", "ops.repeat", "ops.split", "ops.chunk"], none),
    **dict.fromkeys(["ops.getitem", "ops.roll", "ops.flip", "F.pad"], none),
}


def batch(name: str) -> Callable[[Call], tuple[str, ...]]:
    """Return what names the arguments of a call that have the batch as their first axis."""
    return BATCHES.get(name, alike)
