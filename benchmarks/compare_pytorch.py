"""minicnn beside PyTorch's best mode, interleaved in one run: kernels, training steps, inference.

    pip install -e '.[compare]'
    python benchmarks/compare_pytorch.py --threads 1 2

Both must first compute the same numbers, and minicnn the same bits with any number of threads. A
ratio above 1 says how many times faster minicnn is; it is formed within each round, its median and
quartiles are over the rounds. PyTorch runs in its modes (NCHW and channels_last; nets also by
torch.compile from both), and its fastest counts. All follow the same rule of turns, which
harness.py states. No setting of OpenMP's is touched.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import harness
import machine
import report

try:
    import torch
except ImportError:
    raise SystemExit("compare_pytorch needs PyTorch: pip install -e '.[compare]'") from None

import pytorch_kernels
import pytorch_nets
from nets import NETS
from shapes import CONV_SHAPES, GEMM_SHAPES, POOL_SHAPES

OURS = "minicnn"
BURST = 0.02  # seconds of a net's turn; waking two cores costs the first steps some tenths of a ms
HEADER = ["", f"{OURS}, ms", "PyTorch, ms", "its best mode", "ratio", "quartiles"]
KERNELS = [
    ("conv2d", CONV_SHAPES, pytorch_kernels.CONV_PASSES),
    ("gemm", GEMM_SHAPES, {"product": pytorch_kernels.gemm}),
    ("pooling", POOL_SHAPES, pytorch_kernels.POOL_PASSES),
]
Entry = dict[str, Any]


@contextlib.contextmanager
def threads_of_all(threads: int) -> Iterator[None]:
    """Give every competitor the same number of threads."""
    torch.set_num_threads(threads)
    with machine.Threads(threads):
        yield


def entry_of(table: str, name: str, threads: int, times: dict[str, harness.Timing]) -> Entry:
    """Return what the JSON file says about one case; a line of a table is made from it."""
    best = min((mode for mode in times if mode != OURS), key=lambda mode: times[mode].median)
    middle, low, high = harness.ratio(times[best], times[OURS])
    entry = {"table": f"{table}, {threads} thread(s)", "name": name, "threads": threads}
    entry |= {"best mode": best, "ratio": middle, "quartiles": [low, high]}
    return entry | {"times": {mode: t.as_json() for mode, t in times.items()}}


def row_of(entry: Entry) -> list[str]:
    ours, theirs = (entry["times"][mode]["median"] for mode in (OURS, entry["best mode"]))
    low, high = entry["quartiles"]
    cells = [entry["name"], f"{1e3 * ours:.3g}", f"{1e3 * theirs:.3g}", entry["best mode"]]
    return [*cells, f"{entry['ratio']:.2f}", f"{low:.2f}-{high:.2f}"]


def show_tables(entries: list[Entry], markdown: bool) -> None:
    """Print the entries, table by table, each with its geometric mean and its worst ratio."""
    for title in sorted({e["table"]: e["threads"] for e in entries}.items(), key=lambda t: t[1]):
        some = [e for e in entries if e["table"] == title[0]]
        ratios = [e["ratio"] for e in some]
        mean, worst = harness.geometric_mean(ratios), min(ratios)
        last = ["geometric mean", "", "", "", f"{mean:.2f}", f"worst {worst:.2f}"]
        report.show(title[0], HEADER, [*map(row_of, some), last], markdown)


def kernel_entries(args: argparse.Namespace) -> list[Entry]:
    entries = []
    for kind, shapes, passes in KERNELS:
        for s in shapes:
            for pass_name, make in passes.items():
                if args.only in f"{kind} {pass_name} {s}":
                    entries += kernel_case(f"{kind}, {pass_name}", s, make, args)
    return entries


def kernel_case(
    table: str, s: Any, make: Callable[[Any], pytorch_kernels.Runs], args: argparse.Namespace
) -> list[Entry]:
    """Check the competitors once, and time them with each number of threads."""
    with threads_of_all(args.threads[0]):
        runs = make(s)
    harness.check_bits(f"{table} {s}", runs[OURS], args.threads)
    entries = []
    for threads in args.threads:
        with threads_of_all(threads):
            entries.append(
                entry_of(table, str(s), threads, harness.compare(runs, seconds=args.seconds))
            )
    return entries


def net_entries(args: argparse.Namespace) -> list[Entry]:
    entries = []
    for threads in args.threads:
        for title, make in [
            ("Training step", pytorch_nets.training),
            ("Inference", pytorch_nets.inference),
        ]:
            for net in (net for net in NETS if args.only in net.name):
                with threads_of_all(threads):
                    runs = make(net, compile_too=not args.no_compile)
                    times = harness.compare(runs, seconds=args.seconds, burst=BURST)
                entries.append(entry_of(title, net.name, threads, times))
    return entries


def main() -> None:
    options = report.parser(__doc__.splitlines()[0])
    options.add_argument("--kernels", action="store_true", help="only the kernels")
    options.add_argument("--nets", action="store_true", help="only the nets")
    options.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    args = options.parse_args()
    about = machine.about() | {"torch": torch.__version__}
    report.show_machine(about, args.markdown)
    load = machine.OtherLoad()
    entries = [] if args.nets else kernel_entries(args)
    if not args.kernels:
        for net in (net for net in NETS if args.only in net.name):
            pytorch_nets.check_bits(net, args.threads)
        entries += net_entries(args)
    show_tables(entries, args.markdown)
    report.show_line(load.text(), args.markdown)
    report.write_json(args.json, about, entries)


if __name__ == "__main__":
    main()
