"""A table of a network's layers: output shape, parameters, multiply-adds and memory of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn._layer_formulas import formulas as formulas_of
from minicnn._layer_formulas import multiply_adds
from minicnn.nn.module import Module
from minicnn.nn.tracing import label, sample_shape, send_zeros, shape_of, shape_text, tensors

HEADINGS = ("Layer", "Output shape", "Parameters", "Multiply-adds", "Output memory")


class Row(NamedTuple):
    """One call of one layer.

    Attributes:
        name: Dotted name of the module; "" for the model itself.
        kind: Its class's name.
        output_shape: Shape of what it returned, for a batch of one.
        parameters: Learned values of its own; 0 when it is called again.
        multiply_adds: Products summed, for one sample; None unless a Conv2d or Linear.
        memory: Bytes of the output of one sample.
        formulas: How the parameters and the output's size come about, a line each.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int | None
    memory: int
    formulas: tuple[str, ...]


class Summary:
    """What `summary` returns; printed, it is the table.

    Attributes:
        rows: The layers in the order in which they were called.
        input_shape: Shape of one sample.
        output_shape: Shape of the model's output, for a batch of one.
        total_parameters, trainable_parameters: Of the whole model, shared ones counted once.
        total_multiply_adds: Of all rows.
        parameter_memory: Bytes of all parameters.
        output_memory: Bytes of all rows' outputs, for one sample.
    """

    def __init__(
        self,
        model: Module,
        rows: list[Row],
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        show_formulas: bool,
    ) -> None:
        self.rows, self.input_shape, self.output_shape = rows, input_shape, output_shape
        parameters = list(model.parameters())
        self.total_parameters = sum(p.numel() for p in parameters)
        self.trainable_parameters = sum(p.numel() for p in parameters if p.requires_grad)
        self.parameter_memory = sum(p.data.nbytes for p in parameters)
        self.total_multiply_adds = sum(row.multiply_adds or 0 for row in rows)
        self.output_memory = sum(row.memory for row in rows)
        self._show_formulas = show_formulas

    def __str__(self) -> str:
        table = [HEADINGS, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        lines = [_line(HEADINGS, widths), rule]
        for row, cells in zip(self.rows, table[1:]):
            lines.append(_line(cells, widths))
            if self._show_formulas:
                lines += [f"    {formula}" for formula in row.formulas]
        return "\n".join([*lines, rule, *self._totals()])

    __repr__ = __str__

    def _totals(self) -> list[str]:
        sizes = self.output_shape[1:] or (1,)
        values = " * ".join(str(n) for n in sizes)
        values += f" = {math.prod(sizes):,} values" if len(sizes) > 1 else " values"
        lines = [
            f"Output of one sample: {values}",
            f"Parameters: {self.total_parameters:,} ({_bytes(self.parameter_memory)}),"
            f" {self.trainable_parameters:,} of them trainable",
            f"Multiply-adds of convolutions and Linear, one sample: {self.total_multiply_adds:,}",
            f"Memory of the layers' outputs, one sample: {_bytes(self.output_memory)}",
        ]
        elsewhere = self.total_parameters - sum(row.parameters for row in self.rows)
        if elsewhere:
            lines.append(f"Parameters of modules that were not called: {elsewhere:,}")
        return lines


def summary(
    model: Module, input_shape: Sequence[int], *, formulas: bool = False, dtype: Any = None
) -> Summary:
    """Send zeros through a model and return what each of its layers gave and cost.

    The model is left as it was: it runs in `eval` mode and without gradients, then each module gets
    back its own mode. Layers are modules without modules in them, or with parameters of their own;
    a function that `forward` calls (such as the addition of a shortcut) has no row.

    Args:
        model: The network.
        input_shape: Shape of one sample, without N: (C, H, W) for images.
        formulas: Whether to print how parameters and sizes come about, with the numbers put in.
        dtype: Of the zeros; that of the model's first parameter if left out (an Embedding needs
            np.int64).

    Returns:
        The table; `str` of it is made to be read, its attributes to be computed with.

    Raises:
        TypeError, ValueError: If `input_shape` is no sequence of positive ints.

    Example:
        >>> from minicnn import nn
        >>> quiz = nn.Sequential(
        ...     nn.Conv2d(3, 10, 3), nn.MaxPool2d(4, 4),
        ...     nn.Conv2d(10, 20, 5, padding=2), nn.MaxPool2d(2, 2),
        ... )
        >>> print(summary(quiz, (3, 130, 130), formulas=True))
        Layer         Output shape       Parameters  Multiply-adds  Output memory
        -------------------------------------------------------------------------
        0: Conv2d     (N, 10, 128, 128)         280      4,423,680        640 KiB
            K*F*F*D_in + K = 10*3*3*3 + 10 = 280
            floor((W - F + 2P)/S) + 1 = floor((130 - 3 + 2*0)/1) + 1 = 128
        1: MaxPool2d  (N, 10, 32, 32)             0              -         40 KiB
            floor((W - F + 2P)/S) + 1 = floor((128 - 4 + 2*0)/4) + 1 = 32
        2: Conv2d     (N, 20, 32, 32)         5,020      5,120,000         80 KiB
            K*F*F*D_in + K = 20*5*5*10 + 20 = 5,020
            floor((W - F + 2P)/S) + 1 = floor((32 - 5 + 2*2)/1) + 1 = 32
        3: MaxPool2d  (N, 20, 16, 16)             0              -         20 KiB
            floor((W - F + 2P)/S) + 1 = floor((32 - 2 + 2*0)/2) + 1 = 16
        -------------------------------------------------------------------------
        Output of one sample: 20 * 16 * 16 = 5,120 values
        Parameters: 5,300 (20.7 KiB), 5,300 of them trainable
        Multiply-adds of convolutions and Linear, one sample: 9,543,680
        Memory of the layers' outputs, one sample: 780 KiB
    """
    shape, recorder = sample_shape("summary", input_shape), _Recorder()
    y = send_zeros(model, shape, dtype, recorder.see)
    return Summary(model, recorder.rows, shape, shape_of(y), formulas)


class _Recorder:
    """Makes a row of each call."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.counted: set[int] = set()  # identities of the parameters that are in a row

    def see(self, name: str, module: Module, args: tuple[Any, ...], y: Any) -> None:
        new = {id(p): p.numel() for p in module.parameters(recurse=False)}
        parameters = sum(n for key, n in new.items() if key not in self.counted)
        self.counted.update(new)
        shape, x_shape = shape_of(y), shape_of(args[0]) if args else ()
        self.rows.append(
            Row(
                name,
                type(module).__name__,
                shape,
                parameters,
                multiply_adds(module, x_shape, shape),
                _memory_of(y),
                tuple(formulas_of(module, x_shape, shape)),
            )
        )


def _memory_of(value: Any) -> int:
    return sum(np.asarray(part).nbytes for part in tensors(value))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        label(row.name, row.kind),
        shape_text(row.output_shape),
        f"{row.parameters:,}",
        "-" if row.multiply_adds is None else f"{row.multiply_adds:,}",
        _bytes(row.memory),
    )


def _line(cells: Sequence[str], widths: list[int]) -> str:
    """Names and shapes stand at the left of their columns, numbers at the right."""
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths)]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:])]
    return "  ".join(left + right)


def _bytes(n: int) -> str:
    """Return 1536 as "1.5 KiB"."""
    size, unit = float(n), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
