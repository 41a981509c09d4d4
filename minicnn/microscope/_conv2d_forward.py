"""The chapters on the forward pass of a convolution: gather, multiply, bias and ReLU."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minicnn.microscope import _sources as code
from minicnn.microscope._conv2d_trace import Conv2dTrace
from minicnn.microscope._document import Chapter, Data, figure, table
from minicnn.microscope._planes import Planes


class Layout:
    """The sizes of a traced convolution, and the drawings that several chapters share."""

    def __init__(self, trace: Conv2dTrace) -> None:
        self.trace, a = trace, trace.arrays
        self.N, self.C_in, self.H_in, self.W_in = a["x"].shape
        _, self.C, self.K_h, self.K_w = a["weight"].shape  # C input channels of one group
        _, self.C_out, self.H_out, self.W_out = a["y"].shape
        _, self.G, self.T, self.P = a["columns"].shape
        self.M = self.C_out // self.G
        self.planes = Planes((self.H_in, self.W_in), trace.rows, trace.cols)
        sizes = (self.C, self.K_h, self.K_w)
        self.terms = [f"{c},{kh},{kw}" for c, kh, kw in np.ndindex(sizes)]
        self.places = [f"{ho},{wo}" for ho, wo in np.ndindex(self.H_out, self.W_out)]
        self.channels = [str(co) for co in range(self.C_out)]
        several = self.N > 1
        self.batch = [f"{n}:{p}" if several else p for n in range(self.N) for p in self.places]
        batch_axis = "image : output row, column" if several else "output row, column"
        self.labels = {
            "terms": ("kernel channel, row, column", self.terms),
            "places": ("output row, column", self.places),
            "channels": ("output channel", self.channels),
            "batch": (batch_axis, self.batch),
            "one": ("", [""]),
        }
        for g in range(self.G):
            own = self.channels[g * self.M : (g + 1) * self.M]
            self.labels[f"channels {g}"] = ("output channel", own)

    def image_groups(self) -> Iterator[tuple[int, int, str]]:
        """Yield each image, each of its groups, and words that say which, if there are several."""
        for n in range(self.N):
            for g in range(self.G):
                words = [f"image {n}"] * (self.N > 1) + [f"group {g}"] * (self.G > 1)
                yield n, g, f" ({', '.join(words)})" if words else ""

    def inputs(self, n: int, g: int, **more: object) -> list[Data]:
        """Return the planes of x that one group reads."""
        return [
            self.planes.draw("x", n * self.C_in + ci, f"x[{n}, {ci}]", padding="0", **more)
            for ci in range(g * self.C, (g + 1) * self.C)
        ]

    def weights(self, g: int, **more: object) -> Data:
        """Return the weight of one group as a matrix."""
        names = [f"channels {g}", "terms"]
        start, shape = g * self.M * self.T, (self.M, self.T)
        return figure("weight", start, shape, "weight",
                      names=names, **more)  # fmt: skip

    def matrix(self, array: str, n: int, g: int, caption: str, **more: object) -> Data:
        """Return an array (N, G, T, P) of columns as the matrix of one image and group."""
        start, names = (n * self.G + g) * self.T * self.P, ["terms", "places"]
        return figure(array, start, (self.T, self.P), caption, names=names, **more)

    def outputs(self, array: str, n: int, g: int, caption: str, **more: object) -> Data:
        """Return an array (N, C_out, H_out, W_out) as the matrix (M, P) of one image and group."""
        start, names = (n * self.G + g) * self.M * self.P, [f"channels {g}", "places"]
        return figure(array, start, (self.M, self.P), caption, names=names, **more)

    def output_plane(self, array: str, n: int, co: int, caption: str, **more: object) -> Data:
        """Return one plane of an array (N, C_out, H_out, W_out)."""
        start = (n * self.C_out + co) * self.P
        return figure(array, start, (self.H_out, self.W_out), caption, **more)


def gather(to: Layout) -> Chapter:
    """A window of the image becomes a column."""
    chapter = Chapter(
        "Gather",
        "im2col lays each window of the image out as a column, in the order of the kernel's cells"
        " (channel, row, column). What lies in the padding becomes 0. A pixel is copied once for"
        " each window that covers it: memory is what this step pays for speed.",
        [code.GATHER],
    )
    for n, g, which in to.image_groups():
        for p in range(to.P):
            ho, wo = divmod(p, to.W_out)
            window, size = to.planes.window(ho, wo), to.K_h * to.K_w
            planes = to.inputs(n, g)
            for c, plane in enumerate(planes):
                plane |= {"marks": {"read": window}, "numbered": "read", "number": c * size}
            column = [t * to.P + p for t in range(to.T)]
            matrix = to.matrix(
                "columns", n, g, "columns",
                marks={"write": column}, numbered="write", known=["columns", p + 1],
            )  # fmt: skip
            text = (
                f"The window at output row {ho}, column {wo} becomes column {p}{which}: the"
                f" {to.T} cells with the same small numbers are the same values."
            )
            chapter.add(text, [*planes, matrix])
    return chapter


def multiply(to: Layout) -> Chapter:
    """The weight matrix times the columns, cell by cell."""
    chapter = Chapter(
        "Multiply",
        "With windows as columns, convolution is one matrix product: each output value is a row of"
        " the weight times a column. The kernel adds the terms in ascending order, in one register;"
        " the sums beside the terms are what that register held. (Processors with a fused"
        " multiply-add round the product and the sum once, together.)",
        [code.PRODUCT, code.MULTIPLY],
    )
    for n, g, which in to.image_groups():
        for m in range(to.M):
            for p in range(to.P):
                co, (ho, wo) = g * to.M + m, divmod(p, to.W_out)
                cell = m * to.P + p
                row = [m * to.T + t for t in range(to.T)]
                column = [t * to.P + p for t in range(to.T)]
                at = ((n * to.G + g) * to.M + m) * to.P + p
                figures = [
                    to.matrix("columns", n, g, "columns", marks={"read": column}, area="top"),
                    to.weights(g, marks={"read": row}, area="left"),
                    to.outputs("product", n, g, "weight times columns", marks={"write": [cell]},
                               known=["cells", cell + 1], area="result"),
                ]  # fmt: skip
                terms = table(
                    to.terms,
                    weight=("weight", co * to.T, 1),
                    pixel=("columns", (n * to.G + g) * to.T * to.P + p, to.P),
                    product=("product_terms", at * to.T, 1),
                    **{"sum so far": ("product_sums", at * to.T, 1)},
                )
                text = (
                    f"Row {co} of the weight times column {p}{which}: the output of channel {co}"
                    f" at row {ho}, column {wo}, before the bias."
                )
                chapter.add(text, figures, ["product", at], terms)
    return chapter


def finish(to: Layout) -> Chapter:
    """Bias and ReLU."""
    a = to.trace.arrays
    chapter = Chapter(
        "Bias and ReLU" if to.trace.relu else "Bias",
        "What is added to, or cut off, each output value once its sum is done. The fast kernels do"
        " this while the value is still in a register.",
        [code.BIAS, code.RELU] if to.trace.relu else [code.BIAS],
    )
    if "bias" not in a and not to.trace.relu:
        return chapter
    every = list(range(to.P))
    for n in range(to.N):
        for co in range(to.C_out):
            figures = [to.output_plane("product", n, co, f"sums of channel {co}")]
            text = f"Image {n}, channel {co}: "
            if "bias" in a:
                figures.append(figure("bias", co, (1, 1), f"bias[{co}]", marks={"read": [0]}))
                text += "the bias is added to every sum. "
            last = {"marks": {"write": every}}
            if to.trace.relu:
                cut = [i for i in every if a["with_bias"].flat[(n * to.C_out + co) * to.P + i] < 0]
                figures.append(
                    to.output_plane("with_bias", n, co, "with the bias", marks={"read": cut})
                )
                text += f"ReLU replaces negative values by 0: {len(cut)} of {to.P} here."
                last = {"marks": {"write": cut}}
            figures.append(to.output_plane("y", n, co, f"y[{n}, {co}]", **last))
            chapter.add(text, figures)
    return chapter
