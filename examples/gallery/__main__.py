"""Draw the gallery: all pictures and the page that shows them, or the pictures that are named.

python -m examples.gallery
python -m examples.gallery filters_sobel net_feature_maps
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _frame import RUNS, scripts, write
from _page import write_page


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="scripts; all of them if none is named")
    parser.add_argument("--out", type=Path, default=RUNS / "gallery", help="folder to write to")
    args = parser.parse_args()
    all_scripts = scripts()
    known = [script.name for script in all_scripts]
    unknown = [name for name in args.names if name not in known]
    if unknown:
        parser.error(f"no script {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [s for s in all_scripts if not args.names or s.name in args.names]
    drawn, left_out = [], []
    for script in chosen:
        if script.missing():
            print(f"{script.name}: left out, it {script.missing()}")
            left_out.append(script)
            continue
        start = time.perf_counter()
        path = write(script, args.out)
        print(f"{path} ({time.perf_counter() - start:.1f} s)")
        drawn.append(script)
    if not args.names:
        print(write_page(drawn, left_out, args.out))


if __name__ == "__main__":
    main()
