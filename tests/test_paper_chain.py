"""The hashes of what went into a job, by what each input is."""

from __future__ import annotations

import hashlib

import pytest

from kdlens.files import sha256_of, write_json
from kdlens.paper import chain
from kdlens.paper.chain import hash_inputs


def job(*inputs, outputs=()):
    return {"inputs": [str(path) for path in inputs], "outputs": [str(path) for path in outputs]}


def hashes(*inputs, known=None, config=None, checks=()):
    jobs = {"all": job(*inputs), **{f"check {path}": job(outputs=[path]) for path in checks}}
    found = hash_inputs(jobs, known or {}, config or {})
    assert list(found) == sorted(found)
    return [found[str(path)] for path in inputs]


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A file that is too large to be read."""
    monkeypatch.setattr(chain, "READ_BYTES", 4)
    path = tmp_path / "data.zip"
    path.write_bytes(b"large")
    return path


def test_a_result_is_not_read_again():
    assert hashes("gone.csv", known={"gone.csv": "abc"}) == ["abc"]


def test_a_small_file_is_read(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("numbers")
    assert hashes(path) == [hashlib.sha256(b"numbers").hexdigest()]


def test_a_dataset_has_the_digest_that_its_check_computed(tmp_path):
    tree, summary = tmp_path / "tree", tmp_path / "dataset.json"
    (tree / "train").mkdir(parents=True)
    write_json(summary, {"root": str(tree), "digest": "d1"})
    # The folder of the images, and a part of it that is watched.
    assert hashes(tree, tree / "train", checks=[summary]) == ["dataset:d1", "dataset:d1"]
    other = tmp_path / "tree2"
    other.mkdir()
    assert hashes(other, checks=[summary]) == [None]


def test_a_packed_dataset_has_the_checksum_of_its_index(tmp_path):
    index = tmp_path / "packed/packed.json"
    write_json(index, {"files": {}})
    assert hashes(index.parent) == [f"pack:{sha256_of(index)}"]


def test_a_large_file_is_not_read_but_the_config_may_state_its_checksum(archive):
    assert hashes(archive) == [None]
    entry = {"path": str(archive), "sha256": "ABCDEF01"}
    for config in (
        {"concept_data": entry},
        {"datasets": {"more": entry}},
        {"models": {"mine": {"method": "checkpoint", "weights": entry}}},
    ):
        assert hashes(archive, config=config) == ["config:abcdef01"]
    assert hashes(archive, config={"concept_data": {"path": str(archive)}}) == [None]


def test_what_is_gone_is_unknown():
    assert hashes("nowhere/at/all") == [None]
