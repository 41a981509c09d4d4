"""A graph's boxes and arrows as the text of an SVG file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from minicnn.viz._layout import Layout, layout

if TYPE_CHECKING:
    from minicnn.viz.graph import Node

BOX, HEIGHT, GAP, LANE, STEP, MARGIN, TOP = 232, 58, 22, 16, 90, 20, 56  # pixels
FONT = "font-family='system-ui, sans-serif'"
FAMILIES = {  # colours of a box: inside and border; what it is stands in it as well
    "conv": ("#dbe9f7", "#2a6fbb"),
    "linear": ("#fbe6cf", "#b3640f"),
    "pool": ("#dcefe2", "#2c7048"),
    "norm": ("#e9e1f3", "#6f4794"),
    "input": ("#333333", "#333333"),
    "other": ("#f2f2f2", "#777777"),
}


def family(kind: str) -> str:
    """Return which colours a kind of layer has."""
    name = kind.lower()
    for word in ("conv", "linear", "pool", "norm", "input"):
        if word in name:
            return word
    return "other"


def draw(nodes: Sequence[Node], title: str) -> str:
    """Return the SVG file of a graph, its text escaped."""
    places = layout([node.inputs for node in nodes], BOX, GAP, LANE)
    width = max(places.width, 7.5 * len(title), BOX) + 2 * MARGIN
    height = TOP + max(places.row) * STEP + HEIGHT + MARGIN
    left = (width - places.width) / 2
    words = f"Computation graph of {title}: {len(nodes)} boxes, from the input downwards."
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}'"
        f" width='{width:.0f}' height='{height:.0f}' role='img' {FONT}>",
        f"<title>{escape(words)}</title>",
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7'"
        " markerHeight='7' orient='auto'><path d='M0 0L8 4L0 8z' fill='#444'/></marker></defs>",
        "<rect width='100%' height='100%' fill='white'/>",
        f"<text x='{MARGIN}' y='32' font-size='18' font-weight='bold'>{escape(title)}</text>",
        *(_arrow(edge, places, left) for edge in places.paths),
        *(_box(node, left + x, row) for node, x, row in zip(nodes, places.x, places.row)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _box(node: Node, x: float, row: int) -> str:
    fill, border = FAMILIES[family(node.kind)]
    ink = "white" if node.kind == "Input" else "black"
    y = TOP + row * STEP
    heading = f"{node.kind} {node.detail}".rstrip()
    size = min(13, round(BOX / (0.66 * len(heading)), 1))  # a bold letter is 0.6 em wide, or so
    lines = [(escape(heading), size, "bold"), (escape(_short(node.name)), 11, "normal")]
    lines.append((escape(" x ".join(map(str, node.shape)) or "1"), 12, "normal"))
    lines = [line for line in lines if line[0]]
    first = y + HEIGHT / 2 - 17 * (len(lines) - 1) / 2 + 4.5
    texts = "".join(
        f"<text x='{x:.1f}' y='{first + 17 * i:.1f}' text-anchor='middle' font-size='{size}'"
        f" font-weight='{weight}' fill='{ink}'>{text}</text>"
        for i, (text, size, weight) in enumerate(lines)
    )
    return (
        f"<rect x='{x - BOX / 2:.1f}' y='{y}' width='{BOX}' height='{HEIGHT}' rx='6'"
        f" fill='{fill}' stroke='{border}' stroke-width='1.5'/>{texts}"
    )


def _short(name: str) -> str:
    """Return the end of a name that is too long for its box."""
    return name if len(name) <= 28 else "..." + name[-25:]


def _arrow(edge: tuple[int, int], places: Layout, left: float) -> str:
    """An edge from the foot of a box to the head of another, straight where it passes rows."""
    xs = [left + x for x in places.paths[edge]]
    y = TOP + places.row[edge[0]] * STEP + HEIGHT
    path = [f"M{xs[0]:.1f} {y}"]
    for i, (a, b) in enumerate(itertools.pairwise(xs)):
        end = y + STEP - HEIGHT
        middle = (y + end) / 2
        path.append(f"C{a:.1f} {middle:.1f} {b:.1f} {middle:.1f} {b:.1f} {end}")
        y = end
        if i < len(xs) - 2:  # down along a box of the row that it passes
            y += HEIGHT
            path.append(f"L{b:.1f} {y}")
    return (
        f"<path d='{' '.join(path)}' fill='none' stroke='#444' stroke-width='1.5'"
        " marker-end='url(#tip)'/>"
    )
