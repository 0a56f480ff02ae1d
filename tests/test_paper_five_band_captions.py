"""The captions of Table 3 and Figures 6, 7 and 11 render from the rules' params."""

from captions import render
from cells_data import RUNS
from test_paper_five_band import ABOUT, SHOWN, TABLE, THRESHOLDS


def test_captions_say_how_the_maps_were_scored():
    odd = {**TABLE, "clamp": 0.1, "only_correct": True}
    text = render("table03", {"table": odd})
    for said in ("cells (32 pixels)", "start at 0.3 and 0.5 and fall by 0.005", "kd, seeds 1, 2"):
        assert said in text
    assert "limited to 0.1 in each channel" in text and "classifies right" in text
    assert "are read with the images without an object" in text
    text = render("table03", {"table": {**TABLE, "empty_class": "excluded"}})
    assert "are read without the images" in text and "limited" not in text
    figure = {"runs": RUNS, "thresholds": THRESHOLDS, **ABOUT}
    assert "at the 56 inner thresholds" in render("figure06", {"figure": figure})
    assert "KD from a teacher, seed 1" in render("figure07", {"figure": {"runs": SHOWN, **ABOUT}})
    assert "The first image of cells (32 pixels)" in render("figure11", {"figure": ABOUT})
