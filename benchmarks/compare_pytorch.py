"""minicnn beside PyTorch's best mode, interleaved in one run: kernels, training steps, inference.

    pip install -e '.[compare]'
    python benchmarks/compare_pytorch.py --threads 1 2

Both must first compute the same numbers. A ratio above 1 says how many times faster minicnn is; it
is formed within each round, its median and quartiles are over the rounds. PyTorch runs in its modes
(NCHW, channels_last and, for nets, torch.compile), and its fastest counts.
"""

from __future__ import annotations

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


def row(name: str, times: dict[str, harness.Timing]) -> tuple[list[str], dict[str, object]]:
    """Return one line of a table and one entry of the JSON file."""
    best = min((mode for mode in times if mode != OURS), key=lambda mode: times[mode].median)
    middle, low, high = harness.ratio(times[best], times[OURS])
    cells = [name, milliseconds(times[OURS]), milliseconds(times[best]), best]
    entry = {"name": name, "best mode": best, "ratio": middle, "quartiles": [low, high]}
    entry["times"] = {mode: t.as_json() for mode, t in times.items()}
    return [*cells, f"{middle:.2f}", f"{low:.2f}-{high:.2f}"], entry


def milliseconds(timing: harness.Timing) -> str:
    return f"{1e3 * timing.median:.3g}"


def table(title: str, cases: list[tuple[str, object]], args: object) -> list[dict[str, object]]:
    """Time all cases, each a name and a function that returns checked competitors; print them."""
    rows, entries = [], []
    for name, competitors in cases:
        times = harness.compare(competitors(), seconds=args.seconds, burst=0.02)
        cells, entry = row(name, times)
        rows.append(cells)
        entries.append(entry | {"table": title})
    if not rows:
        return entries
    ratios = [entry["ratio"] for entry in entries]
    mean, worst = harness.geometric_mean(ratios), min(ratios)
    rows.append(["geometric mean", "", "", "", f"{mean:.2f}", f"worst {worst:.2f}"])
    header = ["", f"{OURS}, ms", "PyTorch, ms", "its best mode", "ratio", "quartiles"]
    report.show(title, header, rows, args.markdown)
    return entries


def kernel_tables(threads: int, args: object) -> list[dict[str, object]]:
    entries = []
    for kind, shapes, passes in [
        ("conv2d", CONV_SHAPES, pytorch_kernels.CONV_PASSES),
        ("gemm", GEMM_SHAPES, {"product": pytorch_kernels.gemm}),
        ("pooling", POOL_SHAPES, pytorch_kernels.POOL_PASSES),
    ]:
        for pass_name, competitors in passes.items():
            cases = [
                (str(s), lambda s=s, make=competitors: make(s))
                for s in shapes
                if args.only in f"{kind} {s}"
            ]
            entries += table(f"{kind}, {pass_name}, {threads} thread(s)", cases, args)
    return entries


def net_tables(threads: int, args: object) -> list[dict[str, object]]:
    entries = []
    for title, make in [
        ("Training step", pytorch_nets.training),
        ("Inference", pytorch_nets.inference),
    ]:
        cases = [
            (net.name, lambda net=net, make=make: make(net, compiled=not args.no_compile))
            for net in NETS
            if args.only in net.name
        ]
        entries += table(f"{title}, {threads} thread(s)", cases, args)
    return entries


def main() -> None:
    options = report.parser(__doc__.splitlines()[0])
    options.add_argument("--kernels", action="store_true", help="only the kernels")
    options.add_argument("--nets", action="store_true", help="only the nets")
    options.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    args = options.parse_args()
    about = machine.about() | {"torch": torch.__version__}
    report.show_machine(about, args.markdown)
    results = []
    for threads in args.threads:
        torch.set_num_threads(threads)
        with machine.Threads(threads):
            found = [] if args.nets else kernel_tables(threads, args)
            found += [] if args.kernels else net_tables(threads, args)
        results += [entry | {"threads": threads} for entry in found]
    report.write_json(args.json, about, results)


if __name__ == "__main__":
    main()
