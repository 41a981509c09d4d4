"""The chapters on the backward pass of a convolution."""

from __future__ import annotations

from minicnn.microscope import _sources as code
from minicnn.microscope._conv2d_forward import Layout
from minicnn.microscope._document import Chapter, Data, figure, table

_WHY_RELU = (
    "grad_y says how much the loss grows with each output value. Where ReLU cut a value off, the"
    " loss does not depend on it: the gradient stops. What passes is summed for the bias, which was"
    " added once to every value of its channel."
)
_WHY_BIAS = (
    "grad_y says how much the loss grows with each output value. The bias was added once to every"
    " value of its channel, so its gradient is their sum."
)


def cut_gradient(to: Layout) -> Chapter:
    """Through ReLU and the bias."""
    relu = to.trace.relu
    chapter = Chapter(
        "Back through ReLU" if relu else "Bias gradient",
        _WHY_RELU if relu else _WHY_BIAS,
        [code.RELU_BACKWARD] if relu else [code.BIAS_BACKWARD],
    )
    y = to.trace.arrays["y"]
    for n in range(to.N):
        for co in range(to.C_out):
            figures = [to.output_plane("grad_y", n, co, f"grad_y[{n}, {co}]")]
            text = f"Image {n}, channel {co}: "
            if relu:
                first = (n * to.C_out + co) * to.P
                cut = [i for i in range(to.P) if y.flat[first + i] <= 0]
                figures.insert(0, to.output_plane("y", n, co, f"y[{n}, {co}]", marks={"read": cut}))
                figures.append(
                    to.output_plane("cut", n, co, "gradient before ReLU", marks={"write": cut})
                )
                text += f"the gradient stops at the {len(cut)} of {to.P} values that are 0. "
            sums = figure("grad_bias", co, (1, 1), f"grad_bias[{co}]", marks={"write": [0]})
            images = f" over all {to.N} images" if to.N > 1 else ""
            text += f"The sum of the channel{images} is grad_bias[{co}]"
            chapter.add(text, [*figures, sums], ["grad_bias", co])
    return chapter


def grad_columns(to: Layout) -> Chapter:
    """The gradient of the output becomes the gradient of the columns."""
    chapter = Chapter(
        "Back to columns",
        "The product is turned round: the transposed weight times the gradient of the output is the"
        " gradient of the columns. Each column cell gets a term from each output channel.",
        [code.GRAD_COLUMNS, code.MULTIPLY],
    )
    for n, g, which in to.image_groups():
        image = n * to.G + g
        for p in range(to.P):
            for t in range(to.T):
                cell, at = t * to.P + p, (image * to.T + t) * to.P + p
                terms = table(
                    to.channels[g * to.M : (g + 1) * to.M],
                    weight=("weight", g * to.M * to.T + t, to.T),
                    grad=("cut", image * to.M * to.P + p, to.P),
                    product=("grad_columns_terms", at * to.M, 1),
                    **{"sum so far": ("grad_columns_sums", at * to.M, 1)},
                )
                figures = [
                    to.outputs("cut", n, g, "gradient of the output", area="top",
                               marks={"read": [m * to.P + p for m in range(to.M)]}),
                    figure("weight", g * to.M * to.T, (to.T, to.M), "weight, transposed",
                           strides=[1, to.T], names=["terms", f"channels {g}"], area="left",
                           marks={"read": [t * to.M + m for m in range(to.M)]}),
                    to.matrix("grad_columns", n, g, "gradient of the columns", area="result",
                              marks={"write": [cell]}, known=["by column", p * to.T + t + 1]),
                ]  # fmt: skip
                text = (
                    f"Cell {to.terms[t]} of column {p}{which}: {to.M} terms, one for each"
                    " output channel that used it."
                )
                chapter.add(text, figures, ["grad_columns", at], terms)
    return chapter


def scatter(to: Layout) -> Chapter:
    """col2im: each column cell is added back to its pixel."""
    chapter = Chapter(
        "Scatter",
        "col2im is im2col turned round: each cell of the columns is added back to the pixel it was"
        " copied from. Where windows overlap, a pixel gets several: the overlap counts are what"
        " col2im makes of columns full of ones.",
        [code.SCATTER],
    )
    size = to.K_h * to.K_w
    for n, g, which in to.image_groups():
        for t in range(to.T):
            c, k = divmod(t, size)
            ci = g * to.C + c
            plane = n * to.C_in + ci
            places = [divmod(p, to.W_out) for p in range(to.P)]
            pixels = [to.planes.pixels(*place)[k] for place in places]
            cells = [to.planes.cell(pixel) for pixel in pixels if pixel >= 0]
            figures = [
                to.matrix(
                    "grad_columns", n, g, "gradient of the columns",
                    marks={"read": [t * to.P + p for p in range(to.P)]},
                ),
                to.planes.draw(
                    "image_after", (n * to.G + g) * to.T + t, f"grad_x[{n}, {ci}] so far",
                    marks={"write": cells},
                ),
                to.planes.draw("overlap", plane, "overlap: additions to each pixel in all"),
            ]  # fmt: skip
            text = (
                f"Row {to.terms[t]} of the columns{which} lies over the pixels that were"
                f" under this cell of the kernel, one for each place. It is added to grad_x[{n},"
                f" {ci}]; what lies in the padding is dropped."
            )
            chapter.add(text, figures)
    return chapter


def grad_weight(to: Layout) -> Chapter:
    """The gradient of the weight is one matrix product."""
    chapter = Chapter(
        "Weight gradient",
        "Each weight was used at every place of the window, so its gradient is a sum over places:"
        " the gradient of the output times the transposed columns, one matrix product for each"
        " image. The products of a batch are added up in its order.",
        [code.GRAD_WEIGHT, code.MULTIPLY],
    )
    for n, g, which in to.image_groups():
        image = n * to.G + g
        for m in range(to.M):
            for t in range(to.T):
                co, at = g * to.M + m, (image * to.M + m) * to.T + t
                figures = _weight_figures(to, n, g, m, t)
                terms = table(
                    to.places,
                    grad=("cut", (image * to.M + m) * to.P, 1),
                    pixel=("columns", (image * to.T + t) * to.P, 1),
                    product=("grad_weight_terms", at * to.P, 1),
                    **{"sum so far": ("grad_weight_sums", at * to.P, 1)},
                )
                text = (
                    f"Weight {to.terms[t]} of channel {co}{which}: {to.P} terms, one for"
                    " each place of the window."
                )
                chapter.add(text, figures, ["grad_weight_part", at], terms)
    return chapter


def _weight_figures(to: Layout, n: int, g: int, m: int, t: int) -> list[Data]:
    image, cell, names = n * to.G + g, m * to.T + t, [f"channels {g}", "terms"]
    done: Data = dict(names=names, marks={"write": [cell]}, known=["cells", cell + 1])
    of_image = f" of image {n}" if to.N > 1 else ""
    figures = [
        figure("columns", image * to.T * to.P, (to.P, to.T), "columns, transposed",
               strides=[1, to.P], names=["places", "terms"], area="top",
               marks={"read": [p * to.T + t for p in range(to.P)]}),
        to.outputs("cut", n, g, "gradient of the output", area="left",
                   marks={"read": [m * to.P + p for p in range(to.P)]}),
        figure("grad_weight_part", image * to.M * to.T, (to.M, to.T),
               f"gradient of the weight{of_image}", area="result", **done),
    ]  # fmt: skip
    if to.N > 1:
        start = (n * to.C_out + g * to.M) * to.T
        caption = f"grad_weight, images 0 to {n} added" if n else "grad_weight after image 0"
        figures.append(figure("grad_weight_until", start, (to.M, to.T), caption, **done))
    return figures
