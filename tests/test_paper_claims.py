"""The claims ledger on tables made by hand."""

from __future__ import annotations

import csv
import json
import runpy

import pytest
import yaml
from project import ROOT, SCRIPTS

from kdlens.errors import InputError
from kdlens.paper.claims.evidence import Evidence
from kdlens.paper.claims.ledger import CONTRADICTED, INCONCLUSIVE, NOT_RUN, SUPPORTED, check
from kdlens.paper.claims.published import published_tables
from kdlens.paper.claims.read import read_claims
from kdlens.paper.claims.testing import FAILS, HOLDS, NOT_PRINTED

CLAIMS, SCHEMA = ROOT / "config/claims.yaml", ROOT / "config/schemas/claims.schema.yaml"
PUBLISHED = sorted(ROOT.glob("config/reference/han2023/table*.csv"))


def rows(model, values, method="kd", reference="", labels="true", **cells):
    return [
        {
            "row": "seed",
            "model": model,
            "method": method,
            "reference": reference,
            "labels": labels,
            "seed": str(seed),
            "total": str(value),
            **cells,
        }
        for seed, value in enumerate(values, start=1)
    ]


SCRATCH = rows("scratch", [50, 52, 51, 53, 49], "cross_entropy", "scratch")
KD = rows("kd", [60, 62, 61, 63, 59], "kd", "kd")


def table(*groups, facts=None):
    return {"table01": Evidence("table01", [row for group in groups for row in group], facts or {})}


# As the paper prints them: a tenth more.
PRINTED = table(rows("scratch", [200], "", "scratch"), rows("kd", [220], "", "kd"))


def claim(**part):
    return {
        "says": "So.",
        "where": "There",
        "parts": [{"table": "table01", "column": "total", **part}],
    }


def found(claims, run, paper=None, level=0.05):
    claims = claims if "says" not in claims else {"it": claims}
    return {finding.id: finding for finding in check(claims, run, paper or {}, level)}


def test_a_claim_that_the_seeds_support_and_its_opposite():
    run = table(SCRATCH, KD)
    both = found(
        {"more": claim(order=["scratch", "kd"]), "fewer": claim(order=["kd", "scratch"])}, run
    )
    more, fewer = both["more"], both["fewer"]
    assert (more.verdict, fewer.verdict) == (SUPPORTED, CONTRADICTED)
    assert more.p == pytest.approx(1 / 252) and more.adjusted_p == pytest.approx(2 / 252)
    (test,) = more.tests
    assert (test.difference, test.seeds, test.groups) == (10, [5, 5], ["scratch", "kd"])
    assert test.interval.low > 5 and test.interval.level >= 0.95
    assert more.power is None and more.published == NOT_PRINTED


def test_two_seeds_cannot_decide_and_it_says_so():
    it = found(claim(order=["scratch", "kd"]), table(SCRATCH[:2], KD[:2]))["it"]
    assert it.verdict == INCONCLUSIVE
    assert it.reason == (
        "the means lie as claimed; 2 seeds against 2 cannot show it, since even the clearest "
        "difference has a p of 0.17"
    )
    assert it.p == pytest.approx(1 / 6) and it.adjusted_p is None
    tied = found(
        claim(order=["scratch", "kd"]), table(SCRATCH[:2], rows("kd", [52, 50], "kd", "kd"))
    )
    assert tied["it"].reason.startswith("the means are equal; ")


def test_the_number_of_claims_is_corrected_for():
    run = table(SCRATCH[:3], KD[:3])
    assert found(claim(order=["scratch", "kd"]), run)["it"].verdict == SUPPORTED
    twins = {"a": claim(order=["scratch", "kd"]), "b": claim(order=["kd", "scratch"])}
    assert [f.verdict for f in found(twins, run).values()] == [INCONCLUSIVE, INCONCLUSIVE]


def test_claims_that_nothing_could_show_do_not_count_among_the_others():
    few = {f"few{i}": claim(order=["scratch", "at"]) for i in range(10)}
    run = table(SCRATCH[:3], KD[:3], rows("at", [70, 71], "at", "at"))
    it = found({"it": claim(order=["scratch", "kd"]), **few}, run)
    assert it["it"].verdict == SUPPORTED and it["it"].adjusted_p == pytest.approx(1 / 20)
    assert it["few0"].adjusted_p is None and it["few0"].verdict == INCONCLUSIVE


def test_the_primary_claim_is_tested_by_itself():
    run = table(SCRATCH[:3], KD[:3])
    others = {f"not{i}": claim(order=["kd", "scratch"]) for i in range(5)}
    beside = {"it": claim(order=["scratch", "kd"]), **others}
    assert found(beside, run)["it"].reason == (
        "the means lie as claimed; 3 seeds against 3 cannot show it among 6 claims: even the "
        "clearest difference has a p of 0.05, and 0.0083 would be needed"
    )
    primary = {**beside, "it": {**beside["it"], "primary": True}}
    assert found(primary, run)["it"].verdict == SUPPORTED
    assert found(primary, run)["not0"].verdict == CONTRADICTED


def test_power_is_at_the_level_that_the_other_claims_leave():
    run = table(SCRATCH[:3], KD[:3])
    claims = {"it": claim(order=["scratch", "kd"]), "no": claim(order=["kd", "scratch"])}
    alone, beside = found(claims["it"], run, PRINTED)["it"], found(claims, run, PRINTED)["it"]
    assert alone.power > 0.9 and alone.threshold == pytest.approx(0.05)
    assert beside.power == 0 and beside.threshold == pytest.approx(0.025)


def test_no_power_is_known_for_a_change_relative_to_nothing():
    nothing = rows("scratch", [0, 0, 0, 0, 0], "cross_entropy", "scratch")
    it = found(claim(order=["scratch", "kd"]), table(nothing, KD), PRINTED)["it"]
    assert it.verdict == SUPPORTED and it.power is None


def test_pooled_models_of_one_seed_can_decide():
    null = rows("random", [1, 2], "random_init")
    run = table(SCRATCH[:2], rows("teacher", [70]), KD[:2], null)
    (test,) = found(claim(above=["random_init"], pooled=True), run)["it"].tests
    assert test.groups == ["random", "scratch and teacher and kd"]
    assert (test.seeds, test.p) == ([2, 5], pytest.approx(1 / 21))


def test_a_trend_need_not_rise_at_every_step():
    values = ((1, [1, 2, 3]), (2, [21, 22, 23]), (4, [20, 20.5, 21]))
    models = [rows(f"kd_t{t}", numbers) for t, numbers in values]
    facts = {f"kd_t{t}": {"temperature": t} for t in (1, 2, 4)}
    it = found(claim(rises_with="temperature"), table(*models, facts=facts))["it"]
    assert it.verdict == SUPPORTED and it.reason == "the means lie as claimed"


def test_every_part_must_hold():
    other = [{**row, "total": str(i)} for i, row in enumerate(KD)]
    run = table(SCRATCH, KD) | {"table09": Evidence("table09", [*SCRATCH, *other])}
    parts = [
        {"table": "table01", "column": "total", "order": ["scratch", "kd"]},
        {"table": "table09", "column": "total", "order": ["scratch", "kd"]},
    ]
    it = found({"says": "So.", "where": "There", "parts": parts}, run)["it"]
    assert it.verdict == CONTRADICTED
    assert it.reason == "the means of 1 of 2 comparisons lie as claimed"
    assert it.opposite == pytest.approx(2 / 252)


def test_nulls_lie_below_every_other_model():
    null = rows("random", [1, 2, 0, 1, 3], "random_init")
    shuffled = rows("scratch", [5, 4, 6, 5, 5], "cross_entropy", labels="shuffled")
    it = found(claim(above=["random_init", "shuffled"]), table(SCRATCH, KD, null, shuffled))["it"]
    assert it.verdict == SUPPORTED
    assert [test.groups for test in it.tests] == [
        ["random", "scratch"],
        ["scratch, shuffled labels", "scratch"],
        ["random", "kd"],
        ["scratch, shuffled labels", "kd"],
    ]


def test_a_trend_is_along_a_key_of_the_models():
    models = [rows(f"kd_t{t}", [v, v + 1, v + 2]) for t, v in ((4, 30), (1, 10), (2, 20))]
    facts = {f"kd_t{t}": {"temperature": t} for t in (1, 2, 4)}
    run = table(SCRATCH, *models, facts=facts)
    rising = found(claim(rises_with="temperature"), run)["it"]
    assert rising.verdict == SUPPORTED
    assert rising.tests[0].groups == ["kd_t1", "kd_t2", "kd_t4"]
    assert rising.p == pytest.approx(1 / 1680)
    assert found(claim(falls_with="temperature"), run)["it"].verdict == CONTRADICTED
    alone = found(claim(rises_with="temperature"), table(SCRATCH, models[0], facts=facts))["it"]
    assert alone.reason == "table01 has fewer than 2 models that differ in temperature"


def test_each_value_of_a_column_is_a_test():
    run = table(
        *[
            [{**row, "layer": layer} for row in group]
            for layer in ("a", "b")
            for group in (SCRATCH, KD)
        ]
    )
    it = found(claim(each="layer", order=["scratch", "kd"]), run)["it"]
    assert [test.place for test in it.tests] == [{"layer": "a"}, {"layer": "b"}]
    one = found(claim(where={"layer": "b"}, order=["scratch", "kd"]), run)["it"]
    assert [test.place for test in one.tests] == [{"layer": "b"}]


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ({}, "this run has no table01"),
        (table(SCRATCH), "table01 has no 'kd'"),
        (table(SCRATCH, rows("a", [1]), rows("b", [1])), "several models that may be 'kd' (a, b)"),
        (table(SCRATCH, [{**row, "total": ""} for row in KD]), "table01 has no total of 'kd'"),
    ],
)
def test_what_is_not_there_is_not_run(run, reason):
    it = found(claim(order=["scratch", "kd"]), run)["it"]
    assert it.verdict == NOT_RUN and reason in it.reason
    assert it.p is None and it.tests == []


def test_the_published_change_gives_the_power_to_see_it():
    it = found(claim(order=["scratch", "kd"]), table(SCRATCH, KD), PRINTED)["it"]
    # 10 % of 51, at a standard deviation of 1.58.
    assert it.tests[0].expected == pytest.approx(5.1)
    assert it.power > 0.95 and it.published == HOLDS
    assert (
        found(claim(order=["kd", "scratch"]), table(SCRATCH, KD), PRINTED)["it"].published == FAILS
    )


def test_the_published_tables_are_read_whole():
    paper = published_tables(PUBLISHED)
    assert paper["table07"].group("alpha 0.5, T 16", "total", {}).mean == 343
    assert paper["table07"].group("scratch", "total", {}).mean == 275
    assert paper["table10"].group("kd", "total", {"layer": "layer3"}).mean == 52
    assert paper["table11"].group("resnet34 of resnet50", "unique", {}).mean == 185


def test_the_claims_of_the_paper_are_read_and_hold_in_its_own_means_where_printed():
    claims = read_claims(CLAIMS, SCHEMA)["claims"]
    findings = found(claims, {}, published_tables(PUBLISHED))
    assert {finding.verdict for finding in findings.values()} == {NOT_RUN}
    # Among the inconsistencies: two settings have no more object detectors than scratch.
    failing = {name for name, f in findings.items() if f.published == FAILS}
    assert failing == {"every_setting_more_objects"}
    printed = [name for name, f in findings.items() if f.published == HOLDS]
    assert {"kd_more_detectors", "temperature_adds_detectors", "lower_layers"} <= set(printed)
    assert findings["every_quantile"].published == NOT_PRINTED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"say": "So."}, "claims.it.say is not known"),
        ({"parts": []}, "claims.it.parts: is empty"),
        ({"parts": [{"table": "t", "column": "c"}]}, "a part of the claim it has none of order"),
        (
            {"parts": [{"table": "t", "column": "c", "order": ["a", "b"], "rises_with": "x"}]},
            "has order and rises_with of order, above",
        ),
    ],
)
def test_a_wrong_claim_is_named(tmp_path, change, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": {"it": {**claim(order=["a", "b"]), **change}}}))
    with pytest.raises(InputError) as caught:
        read_claims(path, SCHEMA)
    assert message in str(caught.value) and str(path) in str(caught.value)


@pytest.fixture
def ledger(tmp_path):
    """Write tables of a run and check the shipped claims on them."""
    main = runpy.run_path(str(SCRIPTS / "check_claims.py"))["main"]

    def run(**tables):
        files = []
        for name, groups in tables.items():
            files.append(tmp_path / f"{name}.csv")
            with files[-1].open("w", newline="") as handle:
                writer = csv.DictWriter(handle, groups[0])
                writer.writeheader()
                writer.writerows(groups)
        outputs = {ending: tmp_path / f"claims.{ending}" for ending in ("json", "md", "html")}
        main(CLAIMS, SCHEMA, files, PUBLISHED, **outputs, facts={}, level=0.05)
        found = json.loads(outputs["json"].read_text())
        return {each["id"]: each["verdict"] for each in found["claims"]}, outputs

    return run


def columns(groups, **shifts):
    """Give rows the columns of Table 1, each shifted from ``total`` for the model ``kd``."""
    names = ("object", "scene", "unique", "top1")
    return [
        {
            **row,
            **{
                name: str(
                    float(row["total"]) + (shifts.get(name, 0) if row["model"] == "kd" else 0)
                )
                for name in names
            },
        }
        for row in groups
    ]


def test_a_changed_number_flips_the_claims_that_depend_on_it_and_no_other(ledger):
    before, outputs = ledger(table01=columns([*SCRATCH, *KD]))
    text = outputs["md"].read_text()
    assert "**5 supported" in text and f"Of {len(before)} claims" in text
    assert "<table>" in outputs["html"].read_text()
    # One network's object detectors, by a digit.
    edited = columns([*SCRATCH, *KD])
    edited[-1]["object"] = "50"
    after, _ = ledger(table01=edited)
    assert before["kd_more_objects"] == SUPPORTED
    assert after == {**before, "kd_more_objects": after["kd_more_objects"]}
    edited[-1]["object"] = "5"
    after, _ = ledger(table01=edited)
    assert {name for name in before if before[name] != after[name]} == {"kd_more_objects"}


def test_two_primary_claims_are_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    one = {**claim(order=["scratch", "kd"]), "primary": True}
    path.write_text(yaml.safe_dump({"claims": {"a": one, "b": one}}))
    with pytest.raises(InputError, match="a and b are primary"):
        read_claims(path, SCHEMA)
