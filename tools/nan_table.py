"""Writes docs/nan.md: what every operation makes of NaN and infinity.

    python -m tools.nan_table

tests/promises/test_nan.py holds each row, on random cases.
"""

from __future__ import annotations

import math
from pathlib import Path

from tools.nan_groups import GROUPS

PAGE = Path(__file__).parents[1] / "docs" / "nan.md"
nan, inf = math.nan, math.inf


# -- functions of one number ----------------------------------------------------------------------

# f(NaN), f(inf), f(-inf), and the derivative there
POINTWISE: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "F.relu": ((nan, inf, 0), (1, 1, 0)),
    "F.leaky_relu": ((nan, inf, -inf), (0.01, 1, 0.01)),
    "F.relu6": ((nan, 6, 0), (1, 0, 0)),
    "F.hardtanh": ((nan, 1, -1), (1, 0, 0)),
    "F.elu": ((nan, inf, -1), (nan, 1, 0)),
    "F.celu": ((nan, inf, -1), (nan, 1, 0)),
    "F.selu": ((nan, inf, -1.7580993408473766), (nan, 1.0507009873554805, 0)),
    "F.hardswish": ((nan, inf, 0), (nan, 1, 0)),
    "F.hardsigmoid": ((nan, 1, 0), (0, 0, 0)),
    "F.silu": ((nan, inf, 0), (nan, 1, 0)),
    "F.gelu": ((nan, inf, 0), (nan, 1, 0)),
    "F.mish": ((nan, inf, 0), (nan, 1, 0)),
    "F.softplus": ((nan, inf, 0), (nan, 1, 0)),
    "F.sigmoid": ((nan, 1, 0), (nan, 0, 0)),
    "F.logsigmoid": ((nan, 0, -inf), (nan, 0, 1)),
    "F.tanh": ((nan, 1, -1), (nan, 0, 0)),
    "F.tanhshrink": ((nan, inf, -inf), (nan, 1, 1)),
    "F.hardshrink": ((nan, inf, -inf), (0, 1, 1)),
    "F.softshrink": ((nan, inf, -inf), (0, 1, 1)),
    "F.softsign": ((nan, nan, nan), (nan, 0, 0)),
    "ops.abs": ((nan, inf, inf), (nan, 1, -1)),
    "ops.neg": ((nan, -inf, inf), (-1, -1, -1)),
    "ops.exp": ((nan, inf, 0), (nan, inf, 0)),
    "ops.log": ((nan, inf, nan), (nan, 0, 0)),
    "ops.sqrt": ((nan, inf, nan), (nan, 0, nan)),
    "ops.sin": ((nan, nan, nan), (nan, nan, nan)),
    "ops.cos": ((nan, nan, nan), (nan, nan, nan)),
    "ops.floor": ((nan, inf, -inf), (0, 0, 0)),
    "ops.ceil": ((nan, inf, -inf), (0, 0, 0)),
    "ops.round": ((nan, inf, -inf), (0, 0, 0)),
    "ops.sign": ((nan, 1, -1), (0, 0, 0)),
}

TEXT = """# NaN and infinity

What every operation makes of them. A NaN is never hidden: where a result depends on one, it is NaN,
and results that do not depend on it keep their bits. `python -m tools.nan_table` writes this page,
and `tests/promises/test_nan*.py` hold each row, on 500 random cases an operation.

## Functions of one number

`F` is `minicnn.nn.functional`; the slopes are what `backward` multiplies by. Settings are the
defaults.

| f | f(NaN) | f(inf) | f(-inf) | slope at NaN | at inf | at -inf |
|---|---|---|---|---|---|---|
{pointwise}

The slope at NaN is not always NaN: where a function is made of straight lines, it is that of one of
them.

## The other operations

| operations | a NaN | an infinity |
|---|---|---|
{groups}

## Convolution

A NaN in a kernel may show in all results of its output channel, for padding is a 0 that it is
multiplied with.

In float32, `conv2d` computes kernels of 3 x 3 with stride 1 in Winograd's tiles of 2 x 2 or 4 x 4
results. There a NaN or an infinity in the image makes all results of the tiles that read it NaN:
NaN reaches at most 3 pixels further than it would. The gradient of x does the same.
`algorithm="strip"` and float64 have no such tiles.
"""


def number(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.6g}"


def page() -> str:
    """Return the text of docs/nan.md."""
    pointwise = [
        f"| `{name}` | " + " | ".join([number(v) for v in (*values, *slopes)]) + " |"
        for name, (values, slopes) in POINTWISE.items()
    ]
    groups = []
    for group in GROUPS:
        operations = ", ".join([f"`{name}`" for name in group.operations])
        groups.append(f"| {group.title}: {operations} | {group.of_nan} | {group.of_infinity} |")
    return TEXT.format(pointwise="\n".join(pointwise), groups="\n".join(groups))


if __name__ == "__main__":
    PAGE.write_text(page())
