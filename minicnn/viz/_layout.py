"""Places for the boxes of a graph: rows from the input downwards, few crossings, straight chains.

Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981: rows by longest paths,
points on the rows that an edge passes, orders by barycentres.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

Edge = tuple[int, int]


class Layout(NamedTuple):
    """Where boxes lie, in pixels.

    Attributes:
        x, row: Centre and row of each box.
        paths: For each edge, the x of its points, one on each row from its first box to its last.
        width: From the outermost left to the outermost right.
    """

    x: list[float]
    row: list[int]
    paths: dict[Edge, list[float]]
    width: float


def layout(inputs: Sequence[Sequence[int]], box: float, gap: float, lane: float) -> Layout:
    """Place boxes; box i reads the results of the boxes inputs[i], all of lower numbers.

    Args:
        inputs: For each box, those it reads.
        box: Width of a box.
        gap: Between neighbours of a row.
        lane: Width that an edge takes on a row that it passes.
    """
    rows = ranks(inputs)
    row_of, chains = list(rows), {}
    for i, sources in enumerate(inputs):
        for source in sources:
            passed = range(rows[source] + 1, rows[i])
            points = range(len(row_of), len(row_of) + len(passed))
            row_of += passed
            chains[(source, i)] = [source, *points, i]
    links = [pair for chain in chains.values() for pair in itertools.pairwise(chain)]
    n = len(row_of)
    before: list[list[int]] = [[] for _ in range(n)]
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        after[a].append(b)
        before[b].append(a)
    members = [[i for i in range(n) if row_of[i] == r] for r in range(max(row_of) + 1)]
    _order(members, before, after)
    widths = [box] * len(inputs) + [lane] * (n - len(inputs))
    x = _straighten(members, before, after, widths, gap)
    left = min(x[i] - widths[i] / 2 for i in range(n))
    right = max(x[i] + widths[i] / 2 for i in range(n))
    x = [value - left for value in x]
    paths = {edge: [x[i] for i in chain] for edge, chain in chains.items()}
    return Layout(x[: len(inputs)], rows, paths, right - left)


def ranks(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Return the row of each box: one below the lowest of those it reads."""
    rows: list[int] = []
    for sources in inputs:
        rows.append(max((rows[s] + 1 for s in sources), default=0))
    return rows


def _order(members: list[list[int]], before: list[list[int]], after: list[list[int]]) -> None:
    """Sort each row by the mean place of its neighbours above, then below, several times."""
    place = {i: float(k) for row in members for k, i in enumerate(row)}
    for sweep in range(8):
        down = sweep % 2 == 0
        neighbours = before if down else after
        for row in members if down else reversed(members):
            row.sort(key=lambda i: _mean([place[k] for k in neighbours[i]], place[i]))
            place.update({i: float(k) for k, i in enumerate(row)})


def _straighten(
    members: list[list[int]],
    before: list[list[int]],
    after: list[list[int]],
    widths: list[float],
    gap: float,
) -> list[float]:
    """Return x of each box and point: near the mean of their neighbours, in their rows' order."""
    x = [0.0] * len(widths)
    for sweep in range(24):
        for row in members if sweep % 2 == 0 else reversed(members):
            near = before if sweep % 2 == 0 else after
            wanted = [_mean([x[k] for k in near[i] or (before[i] + after[i])], x[i]) for i in row]
            placed: list[float] = []
            for k, i in enumerate(row):
                least = wanted[k]
                if placed:
                    least = placed[-1] + (widths[row[k - 1]] + widths[i]) / 2 + gap
                placed.append(max(wanted[k], least))
            shift = _mean([w - p for w, p in zip(wanted, placed)], 0.0)
            for i, value in zip(row, placed):
                x[i] = value + shift
    return x


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
