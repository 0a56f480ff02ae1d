"""How long one drawn cell takes, beside the plain way: whole pictures, a general routine a step.

Prints one table (``make bench-cells``), milliseconds of processor time an image, on one thread.
Both ways draw the same images (``tests/slow_cells.py``, which a test holds to the same pixels), in
turns, so that a busy moment does not hit one of them alone; the ratio is that of the medians. *With
files* adds what the workflow does too: encode the image and its truth as PNG.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow_scripts"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import scipy  # noqa: E402
import slow_cells  # noqa: E402
from PIL import Image  # noqa: E402

from kdlens.data.cells import drawing  # noqa: E402
from kdlens.data.cells.tree import PNG_OPTIONS  # noqa: E402

SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 128, 64])
    parser.add_argument("--images", type=int, default=30, help="of each size; ten classes in turns")
    arguments = parser.parse_args()
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"{platform.machine()}, one thread"
    )
    print(f"{'pixels':>6} {'plain, ms':>10} {'ours, ms':>9} {'ratio':>6} {'with files, ms':>15}")
    for size in arguments.sizes:
        plain, ours, files = [], [], []
        drawing.picture(SEED, "train", 0, size)
        for number in range(arguments.images):
            kind = number % 10
            cell, background, _ = drawing.scene(SEED, "train", number, size, kind)
            plain.append(seconds(lambda c=cell, b=background, s=size: slow_cells.draw(c, b, s)))
            # With what is drawn again because a tail is not seen, which the plain way is spared.
            ours.append(seconds(lambda n=number, k=kind, s=size: drawn(n, k, s)))
            files.append(seconds(lambda n=number, k=kind, s=size: encoded(drawn(n, k, s))))
        middle = [1000 * statistics.median(times) for times in (plain, ours, files)]
        print(
            f"{size:>6} {middle[0]:>10.1f} {middle[1]:>9.2f} {middle[0] / middle[1]:>6.0f} "
            f"{middle[2]:>15.2f}"
        )


def drawn(number: int, kind: int, size: int) -> drawing.Picture:
    return drawing.picture(SEED, "train", number, size, kind)


def encoded(picture: drawing.Picture) -> None:
    for pixels in (picture.rgb, picture.truth):
        Image.fromarray(pixels).save(io.BytesIO(), "PNG", **PNG_OPTIONS)


def seconds(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


if __name__ == "__main__":
    main()
