"""How a profile is printed: its rows, and the table that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from minicnn.roof import Roof

Shapes = tuple[tuple[int, ...], ...]
HEADINGS = (
    "op",
    "pass",
    "layer",
    "shapes",
    "calls",
    "ms",
    "share",
    "GFLOP/s",
    "GB/s",
    "of roof",
)
LEFT_ALIGNED = 4  # columns of words; the others hold numbers


class ProfileRow(NamedTuple):
    """All calls of one operation on operands of the same shapes.

    Attributes:
        op: The operation's name.
        direction: "forward", "backward" or "step" (an optimizer's).
        layer: Dotted name of the layer whose parameters it took; "" if it took none.
        shapes: Shapes of its operands.
        calls: How often it ran.
        seconds: Time of all calls, without operations that ran inside of it.
        share: Part of the whole block's time, 0 to 1.
        gflops: 10^9 operations a second, those of the definition; None but for products.
        gb_per_s: 10^9 bytes a second, each operand, result and kept array counted once; None where
            nothing is moved.
        of_roof: The least time that the machine allows, over the time taken; or None.
    """

    op: str
    direction: str
    layer: str
    shapes: Shapes
    calls: int
    seconds: float
    share: float
    gflops: float | None
    gb_per_s: float | None
    of_roof: float | None


def table(rows: Sequence[ProfileRow], seconds: float, roof: Roof) -> str:
    """Return the rows as text, with what is left of the block's seconds and the limits below."""
    rest = max(0.0, seconds - sum(row.seconds for row in rows))
    last = (
        "everything else",
        "",
        "",
        "",
        "",
        f"{1e3 * rest:.3f}",
        f"{rest / seconds:.1%}",
    )
    lines = [HEADINGS, *map(_cells, rows), (*last, "", "", "")]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    texts = [_line(line, widths).rstrip() for line in lines]
    texts.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    limits = f"{roof.gflops:.0f} GFLOP/s, {roof.gb_per_s:.1f} GB/s"
    return "\n".join([*texts, f"{1e3 * seconds:.3f} ms in all; the roof is {limits}"])


def _cells(row: ProfileRow) -> tuple[str, ...]:
    shapes = ["x".join(map(str, shape)) for shape in row.shapes if len(shape) > 1]
    return (
        row.op,
        row.direction,
        row.layer,
        ", ".join(shapes),
        str(row.calls),
        f"{1e3 * row.seconds:.3f}",
        f"{row.share:.1%}",
        "-" if row.gflops is None else f"{row.gflops:.1f}",
        "-" if row.gb_per_s is None else f"{row.gb_per_s:.1f}",
        "-" if row.of_roof is None else f"{row.of_roof:.0%}",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words stand at the left of their columns, numbers at the right."""
    pairs = list(zip(cells, widths))
    left = [cell.ljust(width) for cell, width in pairs[:LEFT_ALIGNED]]
    return "  ".join(left + [cell.rjust(width) for cell, width in pairs[LEFT_ALIGNED:]])
