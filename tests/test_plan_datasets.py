"""What rules are told of datasets: how they come about, where they lie, what is watched."""

from __future__ import annotations

import pytest
from config_data import CHECKPOINT, DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.plan import datasets

DRAWN = resolve(DEMO, SCHEMA, PUBLISHED)
NO_TRAINING = resolve(CHECKPOINT, SCHEMA, PUBLISHED)


def found(**dataset: object) -> dict:
    """A config whose training data is of this kind."""
    own = {"name": "photos", "source": "image_folder", "num_classes": 2, "image_size": 64}
    return resolve(changed("training_data", {**own, **dataset}), SCHEMA, PUBLISHED)


@pytest.mark.parametrize(
    ("config", "origin", "tree", "root"),
    [
        (DRAWN, "rendered", ["results/data/world/tree"], "results/data/world/tree"),
        (
            found(urls=["https://example.org/a.zip"]),
            "unpacked",
            ["results/data/photos/tree"],
            "results/data/photos/tree",
        ),
        (
            found(path="/x/a.tar.gz", subfolder="in"),
            "unpacked",
            ["results/data/photos/tree"],
            "results/data/photos/tree",
        ),
        (found(path="/x/photos", subfolder="in"), "folder", [], "/x/photos/in"),
    ],
)
def test_where_a_dataset_comes_from(config, origin, tree, root):
    role = "training_data"
    name = config[role]["name"]
    assert datasets.origin(config, role) == origin
    assert datasets.tree(config, role) == tree
    assert datasets.root(config, role) == root
    assert datasets.summary(config, role) == f"results/data/{name}/dataset.json"
    assert datasets.names(config, role, origin) == [name]
    assert datasets.names(config, role, "another") == []


def test_a_run_without_training_data():
    role = "training_data"
    assert datasets.origin(NO_TRAINING, role) is None
    assert datasets.summary(NO_TRAINING, role) == datasets.tree(NO_TRAINING, role) == []
    assert datasets.archive(NO_TRAINING, role) == datasets.own_files(NO_TRAINING, role) == []
    assert datasets.names(NO_TRAINING, role, "rendered", "unpacked", "folder") == []
    assert datasets.world(NO_TRAINING, role) == {}
    assert datasets.image_names(NO_TRAINING) == []
    concepts = datasets.summary(NO_TRAINING, "concept_data")
    assert datasets.summaries(NO_TRAINING) == [concepts]


@pytest.mark.parametrize(
    ("there", "unpacked", "urls", "watched"),
    [
        (True, False, [], True),
        (False, False, [], False),
        (False, True, [], True),
        (False, True, ["https://example.org/a.zip"], False),
    ],
)
def test_an_archive_is_watched_while_it_is_there_and_once_unpacked(
    tmp_path, monkeypatch, there, unpacked, urls, watched
):
    monkeypatch.chdir(tmp_path)
    if there:
        (tmp_path / "a.zip").touch()
    if unpacked:
        (tmp_path / "results/data/photos/tree").mkdir(parents=True)
    config = found(path="a.zip", **({"urls": urls} if urls else {}))
    assert datasets.archive(config, "training_data") == (["a.zip"] if watched else [])


def test_folders_of_the_users_own_are_watched_as_far_as_they_exist(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "index.csv").touch()
    images = found(path=str(tmp_path))
    assert datasets.own_files(images, "training_data") == [str(tmp_path / "train")]
    concepts = changed("concept_data.path", str(tmp_path), CHECKPOINT)
    concepts = resolve(concepts, SCHEMA, PUBLISHED)
    assert datasets.own_files(concepts, "concept_data") == [str(tmp_path / "index.csv")]
    assert datasets.own_files(DRAWN, "concept_data") == []
