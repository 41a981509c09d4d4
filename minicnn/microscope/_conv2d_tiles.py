"""The chapter on the register tile, the heart of the fast kernels."""

from __future__ import annotations

from typing import Any

from minicnn.microscope import _sources as code
from minicnn.microscope._conv2d_forward import Layout
from minicnn.microscope._document import Chapter, Data, figure


def tiles(to: Layout) -> Chapter:
    """Which cells the fast kernel computes together, in which order, and on which thread."""
    rows, columns, lanes = to.trace.tile_size
    chapter = Chapter(
        "Register tile",
        "The tiled step computes the same sums, many at a time. On this machine"
        f" ({to.trace.target}) a vector register holds {lanes} values and a tile is at most {rows}"
        f" channels by {columns} places. For each term the kernel loads one line of the columns and"
        " multiplies it by one weight of each channel: a tile of sums grows together in registers"
        " and goes to memory once. The columns never exist as a whole: only the panel of a tile is"
        " packed.",
        [code.TILED, code.MULTIPLY],
    )
    done = ["the bias is added"] * ("bias" in to.trace.arrays) + ["ReLU applied"] * to.trace.relu
    last = f"In the registers, {' and '.join(done)}" if done else "The sums are complete"
    for i, (task, thread, row, height, column, width, terms) in enumerate(to.trace.tiles.tolist()):
        which = (
            f"Tile {i + 1} of {len(to.trace.tiles)}, in task {task} on thread {thread}: channels"
            f" {row} to {row + height - 1}, places {column} to {column + width - 1} of the batch"
        )
        chapter.add(f"{which}. The map numbers the tiles in their order.", _map(to, i))
        for k in range(terms):
            text = (
                f"{which}. Term {to.terms[k]}: one line of {width} pixels, and one weight"
                f" for each of {height} rows; {height * width} sums grow by a product each."
            )
            chapter.add(text, _term(to, i, k))
        chapter.add(f"{which}. {last}; then the tile is stored.", _store(to, i))
    return chapter


def _map(to: Layout, tile: int) -> list[Data]:
    order = _order(to, tile)
    return [order, order | {"array": "tile_thread", "caption": "the thread that did it"}]


def _order(to: Layout, tile: int, **more: Any) -> Data:
    """Return the map of all tiles, in which this one is marked."""
    _, _, row, height, column, width, _ = to.trace.tiles[tile].tolist()
    Q = to.N * to.P
    cells = [(row + i) * Q + column + j for i in range(height) for j in range(width)]
    return figure(
        "tile_order", 0, (to.C_out, Q), "tiles in their order",
        marks={"write": cells}, names=["channels", "batch"], borders="tile_order", **more,
    )  # fmt: skip


def _store(to: Layout, tile: int) -> list[Data]:
    """Return the drawings of a tile before and after what follows its sums."""
    _, _, row, height, column, width, terms = to.trace.tiles[tile].tolist()
    sums = _term(to, tile, terms - 1)[-1]
    cells = sums["marks"]["write"]
    sums |= {"marks": {"read": cells}, "caption": "sums in registers"}
    del sums["area"]
    shown = [sums]
    if "bias" in to.trace.arrays:
        names = [sums["names"][0], "one"]
        shown.append(
            figure("bias", row, (height, 1), "bias", names=names, marks={"read": [*range(height)]})
        )
    start, strides = row * to.N * to.P + column, [to.N * to.P, 1]
    caption = "y, after ReLU" if to.trace.relu else "y"
    shown.append(
        figure("tile_result", start, (height, width), caption, strides=strides,
               names=sums["names"], lanes=sums["lanes"], marks={"write": cells})
    )  # fmt: skip
    return shown


def _term(to: Layout, tile: int, k: int) -> list[Data]:
    _, _, row, height, column, width, terms = to.trace.tiles[tile].tolist()
    Q, g, lanes = to.N * to.P, row // to.M, to.trace.tile_size[2]
    names = [f"channels {row} + {height}", f"batch {column} + {width}"]
    to.labels[names[0]] = ("output channel", to.channels[row : row + height])
    to.labels[names[1]] = (to.labels["batch"][0], to.batch[column : column + width])
    return [
        _order(to, tile, area="corner"),
        figure("tile_columns", g * to.T * Q + column, (terms, width), "panel of the columns",
               strides=[Q, 1], names=["terms", names[1]], area="top", lanes=lanes,
               marks={"read": [k * width + j for j in range(width)]}),
        figure("weight", row * to.T, (height, terms), "strip of the weight",
               names=[names[0], "terms"], area="left",
               marks={"read": [i * terms + k for i in range(height)]}),
        figure("tile_sums", (row * Q + column) * to.T + k, (height, width),
               f"sums in registers after {k + 1} of {terms} terms", strides=[Q * to.T, to.T],
               names=names, area="result", lanes=lanes,
               marks={"write": list(range(height * width))}),
    ]  # fmt: skip
