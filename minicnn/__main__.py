"""The command `minicnn`, also `python -m minicnn`: its subcommands are the functions below."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from minicnn.convert import convert


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; return 0, or 1 after an error, of which one line is printed."""
    parser = argparse.ArgumentParser(prog="minicnn", description=__doc__.partition(":")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "convert",
        help="make a .safetensors file of a weights file of torch",
        description="Make a .safetensors file of what torch.save wrote. Needs torch, which reads"
        " the file with weights_only=True: no code of the file runs.",
    )
    command.add_argument("source", help="what torch.save wrote, such as resnet18.pth")
    command.add_argument("target", help="the .safetensors file")
    command.add_argument("--key", help="take this entry of the file, such as state_dict")
    command.add_argument(
        "--dtype", choices=["float32", "float64"], help="convert all real numbers to this dtype"
    )
    options = parser.parse_args(arguments)
    try:
        count = convert(options.source, options.target, key=options.key, dtype=options.dtype)
    except (OSError, ValueError, TypeError, ImportError) as error:
        print(f"minicnn convert: {error}", file=sys.stderr)
        return 1
    print(f"{options.target}: {count} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
