"""ARTIFACT.md: its tables are current, and say what the lists, configs and shipped results say."""

from __future__ import annotations

import csv
import re
import runpy
import shlex
import shutil

import pytest
from project import ROOT
from snakemake.cli import parse_args

from kdlens.errors import InputError
from kdlens.files import read_json, write_json
from kdlens.paper.artifact import claims, document, expected, items
from kdlens.paper.artifact.runs import first, read_runs
from kdlens.paper.claims.published import published_tables
from kdlens.paper.claims.read import read_claims
from kdlens.paper.items import read_items
from kdlens.paper.shipped.comparison import allowed

RUNS = read_runs(ROOT)
CLAIMS = read_claims(ROOT / "config/claims.yaml", ROOT / "config/schemas/claims.schema.yaml")[
    "claims"
]
ITEMS = read_items(ROOT / "config/items.yaml", ROOT / "config/schemas/items.schema.yaml")
PAPER = published_tables(sorted(ROOT.glob("config/reference/han2023/table*.csv")))
SHIPPED_RUNS = [
    run for run in RUNS if (ROOT / "results/reference" / run.name / "claims.json").exists()
]
DOCUMENT = (ROOT / "ARTIFACT.md").read_text("utf-8")


def cells(table: str) -> list[list[str]]:
    """The rows of a Markdown table, without its head."""
    lines = table.strip().split("\n")
    return [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines[2:]]


@pytest.fixture
def tool():
    return runpy.run_path(str(ROOT / "tools/artifact_tables.py"))["main"]


@pytest.fixture
def project(tmp_path):
    """What the tables are made from, with a document of nothing but them."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    names = ("claims", "items")
    text = "".join(
        f"Before {name}.\n<!-- {name}: written by make artifact -->\n<!-- end of {name} -->\n"
        for name in names
    )
    (tmp_path / "ARTIFACT.md").write_text(text)
    return tmp_path


@pytest.fixture
def shipped(project):
    """Shipped results of a demo: Table 1 of two seeds, and a ledger of two claims."""
    folder = project / "results/reference/demo"
    (folder / "tables").mkdir(parents=True)
    header = ["row", "model", "method", "labels", "reference", "seed", "seeds", "total", "layer"]
    rows = []
    for model, seeds in {"scratch": (50, 54), "kd": (60, 64)}.items():
        common = {"model": model, "method": model, "labels": "true", "layer": "layer4"}
        rows += [
            {**common, "row": "seed", "seed": k, "total": v} for k, v in enumerate(seeds, start=1)
        ]
        rows.append({**common, "row": "mean", "seeds": 2, "total": sum(seeds) / 2})
    with (folder / "tables/table01.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, header)
        writer.writeheader()
        writer.writerows(rows)
    (folder / "tables/table01.md").write_text("| table |")
    test = {"table": "table01", "column": "total", "place": {}}
    pair = {**test, "groups": ["scratch", "kd"], "means": [52.0, 62.0]}
    write_json(
        folder / "claims.json",
        {
            "claims": [
                {"id": "kd_more_detectors", "verdict": "inconclusive", "tests": [pair]},
                {"id": "self_kd_most", "verdict": "not run", "tests": []},
            ]
        },
    )
    return folder


def test_the_document_is_current():
    new = document.with_parts(DOCUMENT, document.parts(ROOT))
    assert new == DOCUMENT, "make artifact writes the tables of ARTIFACT.md anew"


def test_nothing_is_left_to_be_filled_in():
    for name in ("claims", "items"):
        part = re.search(rf"<!-- {name}: .*?<!-- end of {name} -->", DOCUMENT, re.DOTALL)
        assert part and part.group().count("\n|") > 2
    assert "TODO" not in DOCUMENT


def test_every_claim_and_every_item_has_a_row():
    rows = cells(claims.table(CLAIMS, RUNS, PAPER, ROOT / "results/reference"))
    assert len(rows) == len(CLAIMS)
    rows = cells(items.table(ITEMS, RUNS, ROOT))
    assert [row[0] for row in rows] == [item.paper or "ours" for item in ITEMS]


def test_the_published_numbers_are_those_of_the_paper():
    rows = dict(
        zip(CLAIMS, cells(claims.table(CLAIMS, RUNS, PAPER, ROOT / "nowhere")), strict=True)
    )
    assert rows["kd_more_detectors"][4] == "total scratch (275) &lt; kd (312)"
    assert rows["every_setting_more_detectors"][4].count("as claimed in 4 of 4 comparisons") == 3
    assert rows["every_quantile"][4] == "–"
    # A chain of three, under the paper's own name of the column.
    assert rows["kd_more_entropy"][4] == (
        "entropy within category label smoothing (2.604) &lt; scratch (2.899) &lt; kd (2.904)"
    )


@pytest.mark.parametrize(
    ("claim", "config"),
    [
        ("kd_more_detectors", "config"),
        ("self_kd_most", "full"),
        ("words_agree_at_any_depth", "real_measures"),
        ("other_architectures", "paper"),
    ],
)
def test_the_cheapest_run_that_can_test_a_claim_is_named(claim, config):
    able = [run for run in RUNS if claim in claims.testable(run, {claim: CLAIMS[claim]})]
    assert able[0].config == config


def test_the_paper_s_own_config_tests_every_claim():
    (paper,) = (run for run in RUNS if run.config == "paper")
    assert claims.testable(paper, CLAIMS) == set(CLAIMS)


@pytest.mark.parametrize("run", SHIPPED_RUNS, ids=lambda run: run.name)
def test_what_can_be_tested_is_what_shipped_runs_tested(run):
    found = expected.findings(ROOT / "results/reference" / run.name)
    assert set(found) == claims.testable(run, CLAIMS)


def test_a_claim_that_no_run_tests_is_refused():
    part = {"table": "table01", "column": "total", "order": ["scratch", "sskdd"]}
    claim = {"it": {"says": "So.", "where": "There", "parts": [part]}}
    with pytest.raises(InputError, match="claim it: no config has"):
        claims.table(claim, RUNS, PAPER, ROOT / "nowhere")


def test_what_shipped_results_let_one_expect(project, shipped, tool):
    assert tool(["--project", str(project)]) == 0
    text = (project / "ARTIFACT.md").read_text()
    ((_, tolerances), _) = allowed(shipped, "tables/table01.csv")
    # Two seeds that are 4 apart, in two models and two runs: s^2 = 8, four degrees of freedom.
    assert tolerances["total"] == pytest.approx(8.610302 * 8**0.5, rel=1e-6)
    assert "demo: **inconclusive**: total scratch (52 ± 24) &lt; kd (62 ± 24) |" in text
    assert text.count("**inconclusive**") == 1 and "**not run**" not in text
    assert "| [demo](results/reference/demo/tables/table01.md) |" in text


def test_a_changed_shipped_mean_makes_the_document_stale(project, shipped, tool, capsys):
    assert tool(["--project", str(project)]) == 0
    assert tool(["--project", str(project), "--check"]) == 0
    ledger = read_json(shipped / "claims.json")
    ledger["claims"][0]["tests"][0]["means"] = [52.0, 51.0]
    write_json(shipped / "claims.json", ledger)
    before = (project / "ARTIFACT.md").read_text()
    expected._rows.cache_clear()
    assert tool(["--project", str(project), "--check"]) == 1
    assert "make artifact" in capsys.readouterr().out
    assert (project / "ARTIFACT.md").read_text() == before
    assert tool(["--project", str(project)]) == 0
    assert "scratch (52 ± 24) &gt; kd (51 ± 24)" in (project / "ARTIFACT.md").read_text()


def test_runs_that_say_the_same_are_named_together(project, shipped, tool):
    shutil.copytree(shipped, shipped.with_name("full"))
    assert tool(["--project", str(project)]) == 0
    assert "demo and full: **inconclusive**" in (project / "ARTIFACT.md").read_text()


@pytest.mark.parametrize("change", [("end of items", "end of it"), ("claims:", "claim:")])
def test_a_document_without_its_comments_is_refused(project, tool, capsys, change):
    path = project / "ARTIFACT.md"
    path.write_text(path.read_text().replace(*change))
    assert tool(["--project", str(project)]) == 2
    assert "must be in it once" in capsys.readouterr().err


def test_the_text_around_the_tables_stays(project, tool):
    assert tool(["--project", str(project)]) == 0
    text = (project / "ARTIFACT.md").read_text()
    assert text.startswith("Before claims.\n<!-- claims") and "\nBefore items.\n<!-- it" in text


def test_commands_are_of_the_config():
    demo = first(RUNS, ["paper", "config"])
    assert (
        demo.command_of("tables/table01.md") == "snakemake --cores 2 results/demo/tables/table01.md"
    )
    full = first(RUNS, ["full"])
    assert full.command_of("a.svg").endswith(" results/full/a.svg --configfile config/full.yaml")
    with pytest.raises(InputError, match="did you mean 'paper'"):
        first(RUNS, ["papr"])


def test_every_run_and_make_target_and_file_that_the_document_names_is_there():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", DOCUMENT, re.M))
    assert named and named <= targets
    configs = set(re.findall(r"config/\w+\.yaml", DOCUMENT))
    assert configs and all((ROOT / file).is_file() for file in configs)
    links = re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", DOCUMENT)
    assert links
    for name, anchor in links:
        file = name or "ARTIFACT.md"
        assert (ROOT / file).exists(), file
        if anchor:
            assert anchor in anchors((ROOT / file).read_text("utf-8")), anchor


def test_snakemake_understands_every_command_as_it_is_meant():
    commands = [
        line.partition("#")[0].strip()
        for line in re.findall(r"(?:^|`)(snakemake [^`\n]*)", DOCUMENT, re.M)
    ]
    assert len(commands) > len([item for item in ITEMS if item.made])
    for command in commands:
        words = shlex.split(command)
        _, found = parse_args(words[1:])
        assert set(found.targets) == {word for word in words if word.startswith("results/")}, (
            command
        )
        configs = [str(file) for file in found.configfile or []]
        assert configs == [word for word in words if word.startswith("config/")], command


def anchors(markdown: str) -> set[str]:
    """The anchors that headings have on code hosts."""
    heads = re.findall(r"^#+ (.+)$", markdown, re.M)
    return {"#" + re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
