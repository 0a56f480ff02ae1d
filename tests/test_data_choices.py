"""What a config names of a concept dataset is looked up before any job."""

from __future__ import annotations

import pytest
from tiny_broden import write_broden

from kdlens.data.choices import check_choices
from kdlens.errors import InputError


def config(category: str = "object", **other) -> dict:
    categories = {k: other.pop(k) for k in ("categories",) if k in other}
    return {"concept_data": categories, "paper": {"figure03": {"category": category, **other}}}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_broden(tmp_path_factory.mktemp("broden"))


def test_what_is_there_passes(root):
    check_choices(config(), root)
    check_choices(config("part", concept="claw", categories=["object", "part"]), root)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (config(categories=["objects"]), r"concept_data\.categories: .* 'objects'; did you mean"),
        (config("parts"), r"paper\.figure03\.category: .* 'parts'; did you mean 'part'\?"),
        (config(concept="dogs"), r"paper\.figure03\.concept: .* 'dogs'; did you mean 'dog'\?"),
        (config("part", concept="dog"), r"no part 'dog'; Known: claw, paw$"),
    ],
)
def test_what_is_not_there_is_named(root, choice, message):
    with pytest.raises(InputError, match=message):
        check_choices(choice, root)
