"""The names of jobs in the manifest, and their seeds."""

from __future__ import annotations

import pytest

from kdlens.plan.provenance import job_name, seed_of

CONFIG = {
    "training_data": {"name": "world", "source": "concept_world", "seed": 5},
    "concept_data": {"name": "concepts", "source": "concept_world", "seed": 6},
    "datasets": {"more": {"name": "more", "source": "image_folder"}},
}


def test_names():
    assert job_name("table01", {}) == "table01"
    assert job_name("train_model", {"seed": 1, "model": "kd"}) == "train_model model=kd seed=1"


@pytest.mark.parametrize(
    ("rule", "wildcards", "seed"),
    [
        ("train_model", {"model": "kd", "seed": "2"}, 2),
        ("render_world_images", {"dataset": "world"}, 5),
        ("render_world_concepts", {"dataset": "concepts"}, 6),
        ("render_world_images", {"dataset": "more"}, None),
        ("check_images", {"dataset": "world"}, None),
        ("table01", {}, None),
    ],
)
def test_seeds(rule, wildcards, seed):
    assert seed_of(CONFIG, rule, wildcards) == seed
