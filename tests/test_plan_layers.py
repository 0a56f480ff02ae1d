"""Networks of different architectures in one run: each is dissected at layers of its own."""

from __future__ import annotations

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import dissections, figures, gallery, paper, results, tables

MOBILE = {"architecture": "mobilenet_v2", "layers": ["features.13", "features.18"]}
MIXED = changed("networks.mobile", MOBILE)
MIXED["models"]["small"] = {"network": "mobile", "method": "cross_entropy"}
CONFIG = resolve(MIXED, SCHEMA, PUBLISHED)


def test_a_network_has_its_own_layers_or_those_of_the_run():
    assert dissections.layers(CONFIG, "small") == MOBILE["layers"]
    assert dissections.layers(CONFIG, "kd") == DEMO["dissection"]["layers"]
    assert dissections.params(CONFIG, "small", 1)["layers"] == MOBILE["layers"]
    assert "layers" not in dissections.params(CONFIG, "small", 1)["network"]
    assert resolve(CONFIG, SCHEMA, PUBLISHED) == CONFIG


def test_networks_of_other_layers_have_a_rule_of_their_own():
    own, mobile = dissections.groups(CONFIG)
    assert (own["rule"], mobile["rule"]) == ("dissect", "dissect_mobile")
    assert mobile == {"rule": "dissect_mobile", "layers": MOBILE["layers"], "models": ["small"]}
    assert "small" not in own["models"] and "kd" in own["models"]
    assert dissections.all_layers(CONFIG) == [*DEMO["dissection"]["layers"], *MOBILE["layers"]]


def test_every_result_follows_the_layers_of_its_network():
    folder = "results/demo/dissection/small/seed1"
    assert f"{folder}/features.18.npz" in tables.table01_tallies(CONFIG)
    assert paper.first_seed_file(CONFIG, "small", ".npz") == f"{folder}/features.18.npz"
    layers = {row["model"]: row["layer"] for row in tables.table01_params(CONFIG)["runs"]}
    assert (layers["small"], layers["kd"]) == ("features.18", "layer4")
    assert tables.table01_params(CONFIG)["layer"] == "layer4, features.18"
    assert paper.measured(CONFIG, ["small"])["layer"] == "features.18"
    assert figures.curve_params(CONFIG, "figure10")["layer"] == "layer4, features.18"
    pages = gallery.pages(CONFIG)
    assert "results/demo/gallery/small/seed1/features.13.html" in pages
    assert "results/demo/gallery/small/seed1/layer4.html" not in pages
    files = results.manifest_inputs(CONFIG)
    assert [f for f in files if f.startswith(folder)] == [
        f"{folder}/{layer}{ending}"
        for layer in MOBILE["layers"]
        for ending in (".npz", ".csv", "_shuffled.npz", "_shuffled.csv", "_top.npz")
    ]


def test_table_10_has_the_models_with_all_of_its_layers():
    assert CONFIG["paper"]["table10"]["layers"] == ["layer1", "layer2", "layer3"]
    assert "small" not in {row["model"] for row in tables.table10_rows(CONFIG)}
    other = changed("paper.table10", {"layers": ["features.13"]}, MIXED)
    rows = tables.table10_rows(resolve(other, SCHEMA, PUBLISHED))
    assert [row["model"] for row in rows] == ["small"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("networks.mobile.layers", ["layer4"], "config key networks.mobile.layers: mobilenet_v2"),
        ("networks.mobile.layers", ..., "give networks.mobile its own layers"),
        ("paper.table10.layers", ["layer1", "features.13"], "no network has all of them"),
    ],
)
def test_mistakes(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value, MIXED), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
