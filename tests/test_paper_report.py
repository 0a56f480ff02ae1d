"""The report: the answer for every kind of run, and the page on a run made by hand."""

from __future__ import annotations

import re
import runpy

import pytest
from config_data import CONFIGS, PUBLISHED, SCHEMA, as_written
from project import ROOT
from report_data import ITEMS, KD, NULL, PAGE, SCRATCH, claim, rows, write_run

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.paper.claims.ledger import VERDICTS
from kdlens.paper.items import read_items
from kdlens.paper.report.answer import MAIN_CLAIM, WORDS, answer
from kdlens.paper.report.front_page import FIRST, SECTIONS, front_page
from kdlens.paper.report.tables import read_table
from kdlens.plan import front_page as plan

ALL_ITEMS = read_items(ROOT / "config/items.yaml", ROOT / "config/schemas/items.schema.yaml")

# ---- the answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("verdict", "word"), WORDS.items())
def test_each_verdict_has_its_word(verdict, word):
    claims = [claim("supported", "other"), claim(verdict), claim("not run", "third")]
    found = answer(claims, rows(SCRATCH, KD, NULL))
    assert (found.word, found.verdict, found.claim) == (word, verdict, claims[1]["says"])
    assert found.sentences[0] == (
        "Of the 128 units of layer4, 60.0 ± 0.0 detect a concept in Kd, 55.0 ± 2.8 in Scratch and "
        "1.0 ± 1.4 in Random (2 seeds each)."
    )
    assert found.sentences[1] == "The means lie as claimed."
    assert found.counts["supported"] == 1 + (verdict == "supported")
    assert found.sentences[-1].startswith("Of 3 claims, ")
    left = found.counts["not run"]
    assert found.sentences[-1].endswith(f" and {left} {'is' if left == 1 else 'are'} not run.")


def test_the_words_are_of_the_ledgers_verdicts_and_the_main_claim_is_in_its_list():
    assert tuple(WORDS) == VERDICTS
    claims = as_written("claims")["claims"]
    assert "detectors" in claims[MAIN_CLAIM]["says"]


def test_other_numbers_of_seeds_units_and_layers_are_said():
    table = rows(SCRATCH, layer="layer4") + rows((*KD[:3], 1, 64, 7, ""), layer="last")
    said = answer([claim("inconclusive")], table).sentences[0]
    assert said == (
        "Of the units of the layer that Table 1 counts, 7 detect a concept in Kd (1 seed) and "
        "55.0 ± 2.8 in Scratch (2 seeds)."
    )


def test_a_run_without_a_student_says_so_and_shows_what_there_is():
    others = [(f"m{n}", "at", "", 1, 128, n, "") for n in (9, 40, 30)]
    found = answer([claim("not run", reason="table01 has no 'kd'")], rows(SCRATCH, *others, NULL))
    assert found.word == "Not tested"
    assert found.sentences[0].endswith(": the most and the fewest.")
    assert (
        "55.0 ± 2.8 detect a concept in Scratch (2 seeds), 9 in M9 (1 seed)" in found.sentences[0]
    )
    assert found.sentences[1] == "No network here stands for the paper's students taught by KD."
    assert found.sentences[2] == "Table01 has no 'kd'."


def test_a_run_without_claims_has_no_verdict():
    mine = ("mine", "checkpoint", "", 1, 512, 71, "")
    found = answer(None, rows(mine, NULL))
    assert (found.word, found.verdict, found.counts) == ("No verdict", None, {})
    assert found.sentences[0] == (
        "Of the units of layer4, 71 detect a concept in Mine (1 seed) and 1.0 ± 1.4 in Random "
        "(2 seeds)."
    )
    assert found.sentences[-1].startswith("No network of this run stands for one of the paper's")


@pytest.mark.parametrize("table", [None, [], rows(NULL)])
def test_a_run_without_table_1_or_trained_networks(table):
    found = answer([claim("not run")], table)
    assert found.sentences[0] == "This run counted no concept detectors of a trained network."
    assert answer([claim("supported", "other")], table).word == "No verdict"


# ---- the page -----------------------------------------------------------------------------------


@pytest.fixture(name="run")
def run_fixture(tmp_path):
    return write_run(tmp_path, [claim("inconclusive")], rows(SCRATCH, KD, NULL))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_answer_comes_first_then_the_paper_in_its_order(run):
    page = front_page(run, **PAGE)
    order = ["Not decided", 'id="table01"', 'id="figure02"', 'id="table02"', 'id="figure09"']
    order += ['id="concepts"', "gallery/index.html", 'id="claims"', 'id="cost"', "c0ffee"]
    order += ["make verify RUN=demo", 'id="lacking"']
    places = [page.index(each) for each in order]
    assert places == sorted(places)
    for target in re.findall(r'href="#([^"]+)"', page):
        assert page.count(f'id="{target}"') == 1


def test_the_page_is_closed_and_shows_markup_as_text(run):
    page = front_page(run, **PAGE)
    for shown in ("Is it &lt;so&gt;?", "Distillation gives &lt;more&gt;.", "A &lt;i&gt;note."):
        assert shown in page
    assert not re.search(r"<(?:script|link|iframe)|(?:src|href)=\"(?:https?:)?//|style=\"", page)
    assert "default-src 'none'; style-src 'sha256-" in page


def test_small_figures_stand_inside_and_large_ones_beside(run):
    page = front_page(run, **PAGE)
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 3 and all('alt="Bars &amp; dots. One a model"' in i for i in images)
    assert all('width="672" height="133"' in image for image in images)
    beside = [image for image in images if 'src="figures/figure09.png"' in image]
    assert len(beside) == 1 and "lazy" in beside[0]
    assert sum("data:image/svg+xml" in image for image in images) == 2
    assert "Panel (a): units of <code>layer4</code>." in page


def test_each_item_has_its_files_and_commands(run):
    page = front_page(run, **PAGE)
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    assert len(articles) == len(ITEMS)
    for article in articles:
        assert "snakemake it" in article
    assert sum("snakemake s" in article for article in articles) == 4
    assert 'href="tables/table01.csv"' in articles[0]
    text = text_of(page)
    assert "Figure 1 A drawing. Not made: no result" in text
    assert "Made by config/full.yaml , config/paper.yaml . snakemake full" in text
    assert "8 jobs took 6 minutes" in text and "1 file changed since" in text
    assert "9 networks computed with torch 2.9, device cpu, threads 2" in text
    assert "1 network computed with torch 2.8, device cpu, threads 2" in text


def test_a_run_with_little_has_a_page_too(tmp_path):
    run = write_run(tmp_path)
    few = {"items": [ITEMS[2]], "lacking": [], "captions": {}, "gallery": False}
    page = front_page(run, **{**PAGE, **few})
    assert "No verdict" in page and "counted no concept detectors" in page
    for absent in ('id="claims"', 'id="gallery"', 'id="lacking"', "claims.html", 'counts"'):
        assert absent not in page


def test_the_script_writes_the_same_bytes_again(run):
    main = runpy.run_path(str(ROOT / "workflow_scripts/report.py"))["main"]
    written = []
    for _ in range(2):
        main(run / "report.html", **PAGE)
        written.append((run / "report.html").read_bytes())
    assert written[0] == written[1]


def test_a_missing_or_damaged_file_is_named(run):
    (run / "figures/concepts.svg").write_text("<html>")
    with pytest.raises(InputError, match=r"concepts\.svg: no SVG with a size"):
        front_page(run, **PAGE)
    (run / "tables/table02.md").unlink()
    with pytest.raises(InputError, match=r"table02\.md: no such file; run the workflow again"):
        front_page(run, **PAGE)
    few = {**PAGE, "items": [], "captions": {}}
    (run / "cost.md").unlink()
    with pytest.raises(InputError, match=r"cost\.md: no such file"):
        front_page(run, **few)
    (run / "cost.csv").write_text("rule,jobs\ntrain,1\n")
    with pytest.raises(InputError, match=r"cost\.csv: column 'seconds_sum' is missing"):
        front_page(run, **few)


def test_tables_of_several_are_named_by_their_headings():
    table = "| a | b |\n|---|---:|\n| x | 1 |\n"
    read = read_table(f"# All\n\n{table}\n## One\n\n{table}\n{table}\n## How to read it\n\nSo.\n")
    labels = re.findall(r'aria-label="([^"]+)"', read.body)
    assert read.title == "All" and labels[0] == "All" and labels[1] == "One"
    assert "<h4>One</h4>" in read.body and '<th scope="col" class="n">b</th>' in read.body
    assert read.notes == "<p>So.</p>\n"
    odd = read_table(f"# A \\*b\\* &lt;c&gt; & d\\_\n\n{table}\n## E \\*f\\* &amp; g\n\n{table}")
    assert odd.title == "A *b* <c> & d_"
    labels = re.findall(r'aria-label="([^"]+)"', odd.body)
    assert labels == ["A *b* &lt;c&gt; &amp; d_", "E *f* &amp; g"]
    corner = read_table(f"# Rows\n\n{table.replace('| a |', '|  |')}").body
    assert '<td></td>\n<th scope="col" class="n">b</th>' in corner


# ---- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_table_and_figure_of_every_config_is_on_its_page(path):
    config = resolve(as_written(path.stem), SCHEMA, PUBLISHED)
    told = plan.params(config, ALL_ITEMS, [f"config/{path.stem}.yaml"])
    stems = [files[0].rpartition("/")[2] for item in told["items"] for files in item["entries"]]
    assert len(stems) == len(set(stems)) == len(plan.read(config))
    paper = {item.paper for item in ALL_ITEMS if item.paper}
    shown = {item["paper"] for item in told["items"] if item["paper"]}
    lacking = {item["paper"] for item in told["lacking"]}
    assert shown | lacking == paper and not shown & lacking
    assert set(FIRST) <= {item["name"] for item in told["items"]}
    name = "" if path.stem == "config" else f" --configfile config/{path.stem}.yaml"
    [first] = [item for item in told["items"] if item["name"] == "table01"]
    run = config["run"]
    assert first["command"] == (
        f"snakemake --cores 1 --force{name} -- results/{run}/tables/table01.md"
    )
    assert first["shipped"] == (
        f"snakemake --cores 1 --config from_reference=true{name} -- "
        f"results/from_reference/{run}/tables/table01.md"
    )


@pytest.mark.parametrize(
    ("overrides", "asked"),
    [
        ((), "config/full.yaml"),
        (("from_reference",), "config/full.yaml"),
        (("run",), "results/foo/config.yaml"),
        (("from_reference", "run"), "results/foo/config.yaml"),
    ],
)
def test_what_was_said_on_the_command_line_is_in_the_commands(overrides, asked):
    config = resolve({**as_written("full"), "run": "foo"}, SCHEMA, PUBLISHED)
    told = plan.params(config, ALL_ITEMS, ["config/full.yaml"], overrides)
    own = told["commands"].pop("same")
    assert own == "snakemake --cores 1 --configfile results/foo/config.yaml"
    commands = list(told["commands"].values())
    commands += [item[key] for item in told["items"] for key in ("command", "shipped")]
    for line in filter(None, commands):
        assert f" --configfile {asked}" in line
        assert "results/foo/" in line or "from_reference/foo" in line or " -- " not in line


def test_the_commands_of_what_a_run_lacks_name_the_runs_of_their_configs():
    for path in CONFIGS:
        expected = "demo" if path.stem == plan.CONFIG_OF_DEMO else path.stem
        assert as_written(path.stem)["run"] == expected
    config = resolve(as_written(CONFIGS[0].stem), SCHEMA, PUBLISHED)
    told = plan.params(config, ALL_ITEMS, [])
    [table06] = [item for item in told["lacking"] if item["paper"] == "Table 6"]
    assert table06["command"].endswith("config/full.yaml -- results/full/tables/table06.md")


def test_a_figure_that_is_no_item_is_refused():
    config = resolve(as_written(CONFIGS[0].stem), SCHEMA, PUBLISHED)
    few = [item for item in ALL_ITEMS if item.name != "figure10"]
    with pytest.raises(InputError, match=r"no item for results/\w+/figures/figure10"):
        plan.params(config, few, [])


def test_every_section_of_the_paper_has_a_name():
    assert {item.section.split(".")[0] for item in ALL_ITEMS if item.section} <= set(SECTIONS)
