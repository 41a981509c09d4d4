"""The lines of the kernels that the microscope shows, cut out of the sources as they were compiled.

CMakeLists.txt installs those beside the extension; one that was built in place, and not installed,
has cpp/ beside the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minicnn._core as _core

INSTALLED = Path(_core.__file__).parent / "microscope" / "sources"
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[2] / "cpp"


@dataclass(frozen=True)
class Excerpt:
    """Some functions of a file of cpp/, and the lines of them that do a step.

    Attributes:
        file: The file in cpp/.
        first: Part of the first line of the first function.
        last: Part of the first line of the last function; "" if that is the first.
        marked: Parts of the lines to point at.
    """

    file: str
    first: str
    last: str = ""
    marked: tuple[str, ...] = ()

    def cut(self) -> dict[str, Any]:
        """Return the lines, the number of the first of them, and those to point at."""
        lines = (FOLDER / self.file).read_text(encoding="utf-8").splitlines()
        begin = _only(lines, self.first, self.file)
        while begin > 0 and lines[begin - 1].startswith(("///", "template")):
            begin -= 1
        end = _only(lines, self.last or self.first, self.file)
        while not lines[end].startswith("}"):
            end += 1
        shown = lines[begin : end + 1]
        marked = [_only(shown, part, self.file) for part in self.marked]
        return {"file": f"cpp/{self.file}", "first": begin + 1, "lines": shown, "marked": marked}


def _only(lines: list[str], part: str, file: str) -> int:
    """Return the number of the only line that has this part."""
    found = [i for i, line in enumerate(lines) if part in line]
    if len(found) != 1:
        raise RuntimeError(f"microscope: {file} must have one line with {part!r}, has {found}")
    return found[0]


STEP2, IM2COL, TILE = "conv2d/step2_im2col.hpp", "conv2d/im2col.hpp", "gemm/microkernel.hpp"
MULTIPLY = Excerpt(TILE, "void tile(", marked=("sum[i][j] += value * line[j]",))
GATHER = Excerpt(
    IM2COL,
    "void for_each_column_cell(",
    "void im2col(",
    marked=("const index_t hi =", "const index_t wi =", "columns[cell] = pixel < 0"),
)
SCATTER = Excerpt(
    IM2COL,
    "const T* columns, T* image, Watch watch)",
    marked=("image[pixel] += columns[cell]",),
)
PRODUCT = Excerpt(STEP2, "void forward(", marked=("gemm_packed<T>({d.C_out",))
BIAS = Excerpt(STEP2, "void forward(", marked=("for (index_t i = 0; end.bias", "direct::finish("))
RELU = Excerpt("conv2d/step1_direct.hpp", "void finish(", marked=("if (end.relu",))
RELU_BACKWARD = Excerpt(
    "conv2d/backward_bias.hpp",
    "void backward_relu(",
    marked=("io.where(io.load(y + i) <= io.zero()", "return grad_bias ?"),
)
BIAS_BACKWARD = Excerpt(
    "conv2d/backward_bias.hpp",
    "void backward_bias(",
    marked=("sum_planes(s, [&](index_t at)",),
)
GRAD_COLUMNS = Excerpt(STEP2, "void backward_input(", marked=("gemm_packed<T>({d.taps",))
GRAD_WEIGHT = Excerpt(
    STEP2,
    "void backward_weight(",
    marked=("gemm_packed<T>({d.C_out", "const bool accumulate"),
)
TILED = Excerpt(
    "conv2d/step3_tiled.hpp",
    "void watched_forward(",
    marked=(
        "parallel_for(s.groups * strips",
        "m < C_out; m += MR)",
        "store_tile(",
    ),
)
MAX, AVG = "max_pool2d/step1_direct.hpp", "avg_pool2d/step1_direct.hpp"
MAX_FORWARD = Excerpt(
    MAX,
    "bool beats(",
    "void forward(",
    marked=("return value > best", "if (pixel != no_pixel && !beats", "argmax.pixel[i] = pixel"),
)
MAX_BACKWARD = Excerpt(MAX, "void backward(", marked=("at = argmax.pixel[i]", "grad_x[at] +="))
AVG_FORWARD = Excerpt(AVG, "void forward(", marked=("sum += double(x[pixel])", "*y++ = T(sum /"))
AVG_DIVISOR = Excerpt("avg_pool2d/kernels.hpp", "struct Divisor", marked=("return double(s.rows",))
AVG_BACKWARD = Excerpt(AVG, "void backward(", marked=("const T share =", "grad_x[pixel] +="))
