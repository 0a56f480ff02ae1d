"""The concept world: the same pictures everywhere, and two datasets that are what they claim."""

import errno
import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from world_data import MASK, SEED, SIZE

import render_world_concepts
from kdlens.data.world import (
    broden_tree,
    canvas,
    compose,
    encoding,
    geometry,
    image_tree,
    props,
    render,
    scenes,
    vocabulary,
)
from kdlens.data.world.colours import PAINTS, colour_name
from kdlens.errors import InputError

PINNED = "3e19bd741801c9ecba080b6d4dc37b359a61f7b297a847afa50c8b4c3dbe5247"
CONCEPT_TREE = "5bb4cc8dea00d0af4377f9c7b9b177406112f7ff7b2ea6905cd45da28fd5016c"
TRAINING_TREE = "ee078d97e65b482fcb034f5b8f712ff3adb9b178963fba44f549181da3d2f3d8"


def digest(indices: list[int], decoded: bool = True) -> str:
    """One checksum of concept pictures as a reader decodes them, their labels, and a training one.

    The indices are drawn in the order given and hashed in rising order.
    """
    parts = {}
    for index in indices:
        picture = render.concept_picture(SEED, index, 40)
        rgb = encoding.decode(encoding.jpeg_bytes(picture.rgb)) if decoded else picture.rgb
        planes = b"".join(picture.planes[name].tobytes() for name in sorted(picture.planes))
        name, other = render.training_picture(SEED, "val", index, 40, "liveries")
        parts[index] = rgb.tobytes() + planes + name.encode() + other.tobytes()
    return hashlib.sha256(b"".join(parts[index] for index in sorted(parts))).hexdigest()


def test_pictures_do_not_depend_on_order_or_process():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import test_data_world as t; print(t.digest([9, 2, 31, 7]))"
    )
    here = Path(__file__).resolve().parent
    run = subprocess.run(
        [sys.executable, "-c", code, str(here), str(here.parent / "workflow_scripts")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert run.stdout.strip() == digest([2, 7, 9, 31])


def test_pictures_are_pinned():
    """A change of any pixel or label shows here; if it is meant, pin the new value."""
    assert digest([0, 3, *range(6, 30)]) == PINNED


def tree_digest(tree: Path) -> str:
    """One checksum of the paths and bytes of all files of a tree."""
    total = hashlib.sha256()
    files = [path for path in tree.rglob("*") if path.is_file()]
    for path in sorted(file.relative_to(tree).as_posix() for file in files):
        data = (tree / path).read_bytes()
        total.update(f"{path}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def test_trees_are_pinned(concepts, training):
    """Any change of files, names, label numbers or encoding shows here.

    If it is meant, say it in the changelog (all results on the concept world change with it), and
    pin the new values, which a failure prints. If ``test_pictures_are_pinned`` still passes and no
    writer was changed, it is Pillow that encodes JPEGs differently: compare its version with that
    of the lock file before anything else.
    """
    assert tree_digest(concepts) == CONCEPT_TREE
    assert tree_digest(training) == TRAINING_TREE


def test_training_pictures_are_rendered_fast():
    """Hundreds a second: 100 take some 0.3 s of one processor; 2 s leaves room for a slow one."""
    render.training_picture(SEED, "train", 0, 80, "liveries")  # fills the tables of textures
    start = time.process_time()
    for index in range(100):
        render.training_picture(SEED, "train", index, 80, "liveries")
    assert time.process_time() - start < 2


def test_pictures_do_not_depend_on_how_many_there_are(concepts, tmp_path):
    render_world_concepts.main(
        tmp_path / "few", image_size=SIZE, mask_size=MASK, images=170, seed=SEED
    )
    few = sorted((tmp_path / "few" / "images").rglob("*.jpg"))
    assert len(few) == 170
    for path in few:
        twin = concepts / "images" / path.relative_to(tmp_path / "few" / "images")
        assert path.read_bytes() == twin.read_bytes()


def test_names_are_unique_and_species_split_by_family():
    names = [word for words in broden_tree.VOCABULARY.values() for word in words]
    assert len(names) == len(set(names))
    assert len(vocabulary.SPECIES) == 24
    assert len(vocabulary.TRAINED) == 12
    assert {vocabulary.FAMILY_OF[name] for name in vocabulary.TRAINED} == set(vocabulary.FAMILIES)
    assert set(compose.DRAW_SPECIES) == set(vocabulary.SPECIES)
    assert set(scenes.DRAWERS) == set(vocabulary.SCENE_OF)
    assert set(props.PROPS) <= set(vocabulary.OBJECTS)
    assert 40 <= len(vocabulary.SCENES) <= 45
    assert len(vocabulary.TEXTURES) >= 12


def test_training_tree_is_balanced_and_knows_no_held_out_species(training):
    for split, count in (("train", 100), ("val", 48)):
        folders_of = {path.name: len(list(path.iterdir())) for path in (training / split).iterdir()}
        assert sorted(folders_of) == render.class_names("liveries")
        assert len(folders_of) == 48
        assert sum(folders_of.values()) == count
        assert max(folders_of.values()) - min(folders_of.values()) <= 1
        assert {name.rsplit("_", 1)[0] for name in folders_of} == set(vocabulary.TRAINED)
    with Image.open(next(training.rglob("*.jpg"))) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (40, 40), "RGB")


def test_splits_and_seeds_are_independent():
    pictures = [
        render.training_picture(seed, split, 5, 40, "families")[1].tobytes()
        for seed, split in ((SEED, "train"), (SEED, "val"), (SEED + 1, "train"))
    ]
    assert len(set(pictures)) == 3
    assert render.class_names("families") == sorted(vocabulary.FAMILIES)


def test_training_pictures_never_show_held_out_species(monkeypatch):
    shown = set()
    real = render.paint_picture

    def spy(*arguments):
        picture = real(*arguments)
        shown.update(np.unique(picture.canvas.labels()["object"]).tolist())
        return picture

    monkeypatch.setattr(render, "paint_picture", spy)
    for classes in ("liveries", "families"):
        for index in range(60):
            render.training_picture(SEED, "train", index, 40, classes)
    codes = vocabulary.OBJECT_CODE
    held_out = set(vocabulary.SPECIES) - set(vocabulary.TRAINED)
    assert not shown & {codes[name] for name in held_out}
    assert len(shown & {codes[name] for name in vocabulary.TRAINED}) == 12


def test_every_species_is_seen():
    codes, seen = vocabulary.OBJECT_CODE, {}
    for index in range(6, 38):
        picture = render.concept_picture(SEED, index, SIZE)
        if picture.source == "world":
            lap, place = divmod(index, 25)
            species = vocabulary.SPECIES[(lap * 19 + place - 6) % 24]
            share = np.mean(picture.planes["object"] == codes[species])
            assert share >= 1 / 32, (index, species)
            seen[species] = share
    assert len(seen) == 24


def test_scenes_are_rare_enough_to_be_detected_and_frequent_enough_to_be_kept(monkeypatch):
    """At the demo's 1,560 images: a unit active on 0.3 % of all pixels, and a threshold of 0.05."""
    named = Counter()
    worlds = 0
    monkeypatch.setattr(canvas.Canvas, "develop", lambda *_: None)  # names need no pixels
    for index in range(1560):
        picture = render.concept_picture(2, index, 32)
        worlds += picture.source == "world"
        named[picture.names.get("scene", "")] += 1
    unnamed = named.pop("") - (1560 - worlds)
    assert 0.8 < 1 - unnamed / worlds < 0.9
    assert set(named) == set(vocabulary.SCENES)
    kept = {name: n for name, n in named.items() if n >= broden_tree.smallest_frequency(1560)}
    assert len(kept) >= 37
    assert sum(kept.values()) > 0.97 * named.total()
    one_light = {next(iter(s.values())) for s in vocabulary.SCENE_OF.values() if len(s) == 1}
    assert one_light == {"night_street-s", "underwater-s"}
    share = 1 - unnamed / worlds
    detectable = {name for name, n in kept.items() if 0.003 * 1560 / (n / share) > 0.08}
    assert detectable == set(kept) - one_light


def test_a_place_has_the_lights_that_its_scenes_are_named_by():
    for place, drawer in scenes.DRAWERS.items():
        lights = {drawer(canvas.Canvas(32), geometry.Dice(SEED, k)).light.name for k in range(60)}
        assert lights == set(vocabulary.SCENE_OF[place]), place


def test_colour_names_of_clear_colours():
    for name, colour in {
        "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128),
        "red": (220, 20, 20), "green": (20, 160, 30), "blue": (20, 30, 220),
        "yellow": (250, 240, 20), "orange": (250, 140, 10), "brown": (110, 66, 30),
        "pink": (250, 160, 190), "purple": (130, 30, 180),
    }.items():  # fmt: skip
        assert colour_name(*colour) == name
    for name, colours in PAINTS.items():
        assert all(colour_name(*colour) == name for colour in colours)


def test_label_png_holds_every_number():
    labels = np.arange(90 * 300, dtype=np.uint16).reshape(90, 300) * 2  # several stored blocks
    rgb = encoding.decode(encoding.label_png(labels)).astype(int)
    assert np.array_equal(rgb[:, :, 0] + 256 * rgb[:, :, 1], labels)


IMAGE_FOLDER = {"image_size": 40, "classes": "families", "images": {"train": 6, "val": 6}}
CONCEPTS = {"image_size": 40, "mask_size": 20, "images": 170}


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"classes": "livery"}, "training_data.classes"),
        ({"image_size": 16}, "training_data.image_size"),
        ({"image_size": "80"}, "training_data.image_size"),
        ({"image_size": 1025}, "training_data.image_size"),
        ({"images": {"train": 5, "val": 6}}, "training_data.images.train"),
        ({"classes": "liveries", "images": {"train": 48, "val": 47}}, "training_data.images.val"),
        ({"images": {"train": 6, "test": 6}}, "training_data.images"),
        ({"seed": -1}, "training_data.seed"),
    ],
)
def test_wrong_training_parameters_are_named(wrong, key, tmp_path):
    with pytest.raises(InputError, match=key):
        image_tree.write_images(tmp_path / "tree", **{**IMAGE_FOLDER, "seed": 0, **wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"image_size": 24}, "concept_data.image_size"),
        ({"image_size": 514, "mask_size": 257}, "concept_data.image_size"),
        ({"mask_size": 80}, "concept_data.mask_size"),
        ({"mask_size": 17}, "concept_data.mask_size"),
        ({"images": 169}, "concept_data.images"),
        ({"images": True}, "concept_data.images"),
        ({"seed": 1.5}, "concept_data.seed"),
    ],
)
def test_wrong_concept_parameters_are_named(wrong, key, tmp_path):
    with pytest.raises(InputError, match=key):
        broden_tree.write_concepts(tmp_path / "tree", **{**CONCEPTS, "seed": 0, **wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("failure", "seen"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(errno.ENOSPC, "full"), InputError)],
)
def test_a_broken_run_leaves_the_old_tree_and_no_other(failure, seen, tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "old").touch()
    real, calls = image_tree.training_picture, []

    def breaks(*arguments):
        calls.append(arguments)
        if len(calls) > 4:
            raise failure
        return real(*arguments)

    monkeypatch.setattr(image_tree, "training_picture", breaks)
    with pytest.raises(seen):
        image_tree.write_images(tree, **IMAGE_FOLDER, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]
    assert [path.name for path in tree.iterdir()] == ["old"]
    monkeypatch.undo()
    image_tree.write_images(tree, **IMAGE_FOLDER, seed=0)
    assert sorted(path.name for path in tree.iterdir()) == ["train", "val"]
