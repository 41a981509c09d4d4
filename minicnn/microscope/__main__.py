"""The command `python -m minicnn.microscope`: an operation under the microscope, from its sizes."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.microscope._inputs import at_most
from minicnn.microscope.avg_pool2d import avg_pool2d
from minicnn.microscope.conv2d import conv2d
from minicnn.microscope.max_pool2d import max_pool2d


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page of one operation; return 0, or 1 after an error, printed in one line."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    op, seed = options.pop("op"), options.pop("seed")
    try:
        draw = _Numbers(op, seed, options.pop("values"))
        x = draw(options.pop("input"))
        write: Any = {"conv2d": _conv2d, "max_pool2d": max_pool2d, "avg_pool2d": avg_pool2d}[op]
        path = write(x, grad_y=draw, path=options.pop("output"), **options)
    except (OSError, ValueError, TypeError) as error:
        print(f"python -m minicnn.microscope {op}: {error}", file=sys.stderr)
        return 1
    print(f"{path}: open it in a browser; the arrow keys step through it")
    return 0


def _conv2d(
    x: np.ndarray, weight: tuple[int, ...], no_bias: bool, no_relu: bool, **options: Any
) -> Path:
    """Call conv2d with what the command has in another form."""
    draw = options["grad_y"]
    bias = None if no_bias else draw(weight[:1])
    return conv2d(x, draw(weight), bias, relu=not no_relu, **options)


class _Numbers:
    """Random arrays, by default of small integers, so that one can check the page by hand."""

    def __init__(self, op: str, seed: int, kind: str) -> None:
        if seed < 0:
            raise ValueError(f"--seed must be at least 0, got {seed}")
        self.op, self.rng, self.kind = op, np.random.default_rng(seed), kind

    def __call__(self, shape: tuple[int, ...]) -> np.ndarray:
        # what is refused later must not be drawn before
        at_most(f"microscope.{self.op}", "numbers of an array", 10**6, math.prod(shape))
        if self.kind == "integers":
            size = self.rng.integers(1, 4, shape)  # no 0: zeros are the padding's
            return (size * self.rng.choice([-1, 1], shape)).astype(np.float32)
        return self.rng.standard_normal(shape, np.float32)


def _sizes(count: int) -> Any:
    """Return a reader of that many sizes with commas between them."""

    def read(text: str) -> tuple[int, ...]:
        try:
            sizes = tuple(int(size) for size in text.split(","))
        except ValueError:
            sizes = ()
        if len(sizes) != count or min(sizes) < 1:
            example = ",".join("1255"[:count])
            raise argparse.ArgumentTypeError(
                f"wants {count} sizes of at least 1 with commas between them, such as {example},"
                f" got {text!r}"
            )
        return sizes

    return read


def _one_or_two(text: str) -> int | tuple[int, ...]:
    """Read one int, or two with a comma: height and width."""
    try:
        values = tuple(int(value) for value in text.split(","))
    except ValueError:
        values = ()
    if len(values) not in (1, 2):
        raise argparse.ArgumentTypeError(f"wants one int, or height,width; got {text!r}")
    return values[0] if len(values) == 1 else values


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m minicnn.microscope",
        description="Write a page that shows step by step how the kernels compute an operation,"
        " with every number as they computed it.",
        epilog="Example: python -m minicnn.microscope conv2d --input 1,2,5,5 --weight 3,2,3,3"
        " --stride 2 --padding 1 -o conv.html",
    )
    ops = parser.add_subparsers(dest="op", required=True, metavar="operation")
    conv = ops.add_parser("conv2d", help="a convolution, forward and backward, and the fast kernel")
    shape = "C_out,C,K_h,K_w"
    conv.add_argument("--weight", type=_sizes(4), required=True, metavar=shape,
                      help="such as 3,2,3,3; C is C_in / groups")  # fmt: skip
    _add_pairs(conv, stride=1, padding=0, dilation=1)
    conv.add_argument("--groups", type=int, default=1, metavar="n", help="default: 1")
    conv.add_argument("--no-bias", action="store_true", help="leave the bias out")
    conv.add_argument("--no-relu", action="store_true", help="leave ReLU out")
    pools = {"max_pool2d": "max pooling: the winners", "avg_pool2d": "average pooling: the shares"}
    for op, text in pools.items():
        pool = ops.add_parser(op, help=f"{text}, forward and backward")
        pool.add_argument("--kernel-size", type=_one_or_two, required=True, metavar="n or h,w")
        _add_pairs(pool, stride=None, padding=0)
        pool.add_argument("--ceil-mode", action="store_true")
        if op == "max_pool2d":
            _add_pairs(pool, dilation=1)
        else:
            pool.add_argument("--no-count-include-pad", dest="count_include_pad",
                              action="store_false")  # fmt: skip
            pool.add_argument("--divisor-override", type=int, metavar="n")
    for op, subparser in ops.choices.items():
        _add_common(subparser, f"{op}.html")
    return parser


def _add_pairs(op: argparse.ArgumentParser, **defaults: int | None) -> None:
    for name, default in defaults.items():
        shown = "the kernel's size" if default is None else default
        op.add_argument(f"--{name}", type=_one_or_two, default=default, metavar="n or h,w",
                        help=f"default: {shown}")  # fmt: skip


def _add_common(op: argparse.ArgumentParser, output: str) -> None:
    op.add_argument(
        "--input", type=_sizes(4), required=True, metavar="N,C,H,W", help="such as 1,2,5,5"
    )
    op.add_argument("--seed", type=int, default=0, help="of the random numbers (default: 0)")
    op.add_argument(
        "--values",
        choices=["integers", "normal"],
        default="integers",
        help="integers from -3 to 3 but 0, to be checked by hand (the default), or normal numbers",
    )
    op.add_argument("-o", "--output", default=output, help=f"the file (default: {output})")


if __name__ == "__main__":
    sys.exit(main())
