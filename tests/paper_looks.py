"""What every figure must pass: nothing cut off, too small or overlapping, and the same bytes."""

import runpy
import subprocess
import sys
from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from project import SCRIPTS, with_scripts

from kdlens.paper import style

MAGIC = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
_IN_ANOTHER_PROCESS = """
import runpy, sys
runpy.run_path({script!r})["main"](**{arguments!r})
heavy = [name for name in ("torch", "torchvision", "snakemake") if name in sys.modules]
assert not heavy, heavy
"""


def check_legible(figure):
    """Check that nothing is cut off or too small; return every text that is seen."""
    with style.house_style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = figure.get_tightbbox(canvas.get_renderer())  # in inches
    width, height = figure.get_size_inches()
    assert drawn.x0 >= -0.005 and drawn.x1 <= width + 0.005
    assert drawn.y0 >= -0.005 and drawn.y1 <= height + 0.005
    texts = seen_texts(figure)
    assert min(text.get_fontsize() for text in texts) >= style.FONT_SIZE
    return [text.get_text() for text in texts]


def seen_texts(figure):
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def check_no_overlap(figure):
    """Check that no two texts of a figure touch."""
    with style.house_style():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.canvas.draw()
        texts = [(text, text.get_window_extent(renderer)) for text in seen_texts(figure)]
    for (one, box), (other, second) in combinations(texts, 2):
        both = f"{one.get_text()!r} and {other.get_text()!r}"
        assert not box.overlaps(second), f"{both} overlap"


def check_same_bytes(script, folder, kinds, **arguments):
    """Run a script here and in another process, without torch; return the files of the first."""
    here = {kind: str(folder / "here" / f"file.{kind}") for kind in kinds}
    there = {kind: str(folder / "there" / f"file.{kind}") for kind in kinds}
    path = str(SCRIPTS / f"{script}.py")
    runpy.run_path(path)["main"](**arguments, **here)
    code = _IN_ANOTHER_PROCESS.format(script=path, arguments={**arguments, **there})
    environment = with_scripts(PYTHONHASHSEED="7", MPLBACKEND="agg")
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    files = {}
    for kind in kinds:
        with open(here[kind], "rb") as first, open(there[kind], "rb") as second:
            files[kind] = first.read()
            assert files[kind] == second.read(), kind
        assert files[kind].startswith(MAGIC.get(kind, b"")), kind
        assert b"CreationDate" not in files[kind] and b"dc:date" not in files[kind]
    return files
