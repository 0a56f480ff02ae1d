"""A finished run's folder with made-up results, for the tests of the report."""

from __future__ import annotations

from kdlens.files import write_json, write_text
from kdlens.paper.report.answer import MAIN_CLAIM

SVG = (
    '<svg width="504pt" height="{height}pt" xmlns="http://www.w3.org/2000/svg" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<title>Bars &amp; dots</title><dc:description>One a model.</dc:description>"
    '<rect width="400" height="90" fill="#07a"/>{more}</svg>'
)
CAPTION = "**Figure 2. Bars.**\n\n- Panel (a): units of ``layer4``.\n\nA bar is a *mean*."
COLUMNS = ("row", "model", "label", "method", "labels", "reference", "seeds", "units", "total")
LONG = " | ".join(f"{i}.0 ± 1.0" for i in range(14))


def rows(*models, layer="layer4"):
    """Return Table 1's rows of ``(model, method, reference, seeds, units, mean, sd or "")``."""
    found = []
    for model, method, reference, seeds, units, mean, sd in models:
        own = (model, model.title(), method, "true", reference, str(seeds), str(units))
        for row, value in (("mean", mean), ("sd", sd)):
            found.append(
                {**dict(zip(COLUMNS, (row, *own, str(value)), strict=True)), "layer": layer}
            )
    return found


SCRATCH = ("scratch", "cross_entropy", "scratch", 2, 128, 55, 2.828)
KD = ("kd", "kd", "kd", 2, 128, 60, 0)
NULL = ("random", "random_init", "", 2, 128, 1, 1.414)


def claim(verdict, identifier=MAIN_CLAIM, reason="the means lie as claimed"):
    return {
        "id": identifier,
        "says": "Distillation gives <more>.",
        "where": "Section 3.2",
        "verdict": verdict,
        "reason": reason,
    }


def item(name, files, **more):
    folder = "tables" if name.startswith("table") else "figures"
    about = {"paper": None, "section": None, "title": f"About {name} <b>", "shipped": "snakemake s"}
    entries = [[f"{folder}/{name}.{ending}" for ending in files]]
    return {"name": name, **about, "entries": entries, "command": "snakemake it", **more}


ITEMS = [
    item("figure09", ("svg", "pdf", "png"), paper="Figure 9", section="A.1"),
    item("table01", ("csv", "md"), paper="Table 1", section="3.2"),
    item("table02", ("csv", "md"), paper="Table 2", section="4.1"),
    item("figure02", ("svg", "png"), paper="Figure 2", section="3.2"),
    item("concepts", ("svg", "png"), shipped=None),
]
LACKING = [
    {"paper": "Figure 1", "title": "A drawing", "why": "no result", "configs": [], "command": None},
    {
        "paper": "Table 3",
        "title": "Scores",
        "why": None,
        "configs": ["full", "paper"],
        "command": "snakemake full",
    },
]
PAGE = {
    "title": "Is it <so>?",
    "run": "demo",
    "items": ITEMS,
    "lacking": LACKING,
    "captions": {"figure02": CAPTION},
    "gallery": True,
    "commands": {"again": "snakemake a", "same": "snakemake b", "shipped": "snakemake c"},
}
MANIFEST = {
    "git": {"commit": "c0ffee", "dirty": True, "changed": ["Snakefile"], "note": None},
    **dict.fromkeys(("source_sha256", "lock_sha256", "config_sha256"), "0" * 64),
    "python": "3.12.1",
    "platform": "Linux",
    "packages": {"torch": "2.9", "absent": None},
    "computed_on": [
        {"torch": "2.9", "device": "cpu", "precision": None, "threads": 2, "networks": 9},
        {"torch": "2.8", "device": "cpu", "precision": None, "threads": 2, "networks": 1},
    ],
    "files": [{}] * 1234,
}


def write_run(folder, claims=None, table=None):
    """Write what the page reads; without ``claims`` or ``table`` that file is not there."""
    markdown = f"# A table\n\n| Model | {'a | ' * 14}\n|---|{'---:|' * 14}\n| KD | {LONG} |\n"
    for name in ("table01", "table02"):
        write_text(folder / f"tables/{name}.md", f"{markdown}\n## How to read it\n\n- A <i>note.\n")
    for name in ("figure02", "figure09", "concepts"):
        # Figure 9 is too large to stand inside.
        more = f"<!-- {'x' * 200_000} -->" if name == "figure09" else ""
        write_text(folder / f"figures/{name}.svg", SVG.format(height=99.6, more=more))
    head = "rule,jobs,measured,seconds_sum,seconds_median,seconds_max,max_rss_mib,device"
    write_text(
        folder / "cost.csv", f"{head}\ntrain,7,7,357.8,39.8,120.5,830,cpu\nlost,1,0,,,,,cpu\n"
    )
    write_text(folder / "cost.md", f"{markdown}\n## How to read it\n\n- Seconds.\n")
    write_json(folder / "manifest.json", MANIFEST)
    if claims:
        write_json(folder / "claims.json", {"claims": claims})
    if table:
        lines = [",".join(table[0]), *(",".join(row.values()) for row in table)]
        write_text(folder / "tables/table01.csv", "\n".join(lines) + "\n")
    return folder
