"""Write minicnn/datasets/digits.npz from the copy of the data that scikit-learn carries.

    python tools/make_digits.py

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, doi:10.24432/C50P49 (the file optdigits.tes: 1797 digits by 13 people).
Licence: Creative Commons Attribution 4.0 International (CC BY 4.0).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "minicnn" / "datasets" / "digits.npz"


def main() -> None:
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    assert np.array_equal(images, digits.images)  # whole numbers from 0 to 16: nothing is lost
    np.savez_compressed(TARGET, images=images, labels=labels, source=np.array(__doc__))
    print(f"{TARGET}: {len(images)} images, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
