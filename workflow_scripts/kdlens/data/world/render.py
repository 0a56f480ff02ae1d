"""The two datasets' pictures by number: who is in picture i, and what it looks like.

Picture i of a split is a function of ``(seed, split, i)`` and of the sizes asked for: it does not
depend on how many others are rendered, nor on their order.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from kdlens.data.world.compose import Picture, paint_picture
from kdlens.data.world.geometry import Dice
from kdlens.data.world.textures import texture_image
from kdlens.data.world.vocabulary import (
    FAMILIES,
    FAMILY_OF,
    LIVERIES,
    OBJECT_CODE,
    RARE_LIVERIES,
    SPECIES,
    TEXTURES,
    TRAINED,
)
from kdlens.errors import InputError, suggest

SPLIT_KEY: dict[str, int] = {"train": 0, "val": 1, "concepts": 2}
"""What tells the splits' random streams apart."""

_TRAINING_COMPANY = 0.12
_CONCEPT_COMPANY = 0.4
_RARE_LIVERY = 0.15
_SCENE_NAMED = 0.85
_MATERIAL_NAMED = 0.6
_TEXTURE_ROUND = (25, 6)
"""Of 25 concept pictures in a row, the first 6 show a texture alone."""


def class_names(classes: str) -> list[str]:
    """The training classes, sorted: ``liveries`` (48, species and livery) or ``families`` (6).

    Raises:
        InputError: for any other word.
    """
    if classes == "liveries":
        return sorted(f"{species}_{livery}" for species in TRAINED for livery in LIVERIES)
    if classes == "families":
        return sorted(FAMILIES)
    raise InputError(
        f"training_data.classes: '{classes}' is not a way to divide the concept world; "
        + suggest(str(classes), ("liveries", "families"))
    )


def training_picture(
    seed: int, split: str, index: int, size: int, classes: str
) -> tuple[str, np.ndarray]:
    """The class of a training picture and its pixels, (size, size, 3) uint8.

    Classes take turns, so they are balanced.
    """
    name, _, picture = _training(seed, split, index, size, classes)
    return name, picture.rgb


def training_mask(
    seed: int, split: str, index: int, size: int, classes: str
) -> tuple[str, np.ndarray]:
    """The class of a training picture and where its species is shown, (size, size) bool.

    A second animal of the same species belongs to it too.
    """
    name, species, picture = _training(seed, split, index, size, classes)
    return name, picture.canvas.labels()["object"] == OBJECT_CODE[species]


def _training(
    seed: int, split: str, index: int, size: int, classes: str
) -> tuple[str, str, Picture]:
    """The class of a training picture, the species that it shows, and the picture."""
    names = class_names(classes)
    name = names[index % len(names)]
    dice = Dice(seed, SPLIT_KEY[split], index)
    if classes == "liveries":
        species, livery = name.rsplit("_", 1)
    else:
        species = dice.pick([trained for trained in TRAINED if FAMILY_OF[trained] == name])
        livery = dice.pick(LIVERIES)
    picture = paint_picture(dice, size, species, livery, TRAINED, _TRAINING_COMPANY)
    return name, species, picture


@dataclasses.dataclass(frozen=True)
class ConceptPicture:
    """A concept picture and its annotation, at the picture's full size and in internal codes.

    Attributes:
        source: ``world`` or ``textures``, the folder that it goes to.
        rgb: (size, size, 3) uint8, before compression.
        planes: by category: ``object`` (1, size, size), ``part`` (3, size, size), and for some
            pictures ``material`` (1, size, size), uint8.
        names: whole-image labels, at most one of ``scene`` and ``texture``.
    """

    source: str
    rgb: np.ndarray
    planes: dict[str, np.ndarray]
    names: dict[str, str]


def concept_picture(seed: int, index: int, size: int) -> ConceptPicture:
    """Concept picture number ``index``: a texture alone, or one of the 24 species in turn.

    As in Broden not all pictures say everything: the scene is named on 85 % of the world's pictures
    and the materials on 60 %.

    How frequent a scene may be: a scene label covers whole pictures, while a unit is active on
    some 0.3 % of all pixels (0.5 % of its activation map, and less once peaks are upsampled). A
    scene that S of N pictures show can reach at most an IoU of about 0.003 N / S, for a unit that
    is active in these alone. Naming it on fewer of them does not help: that takes the same share
    off the intersection, the label's pixels and (counted in annotated pictures) the unit's. So the
    scenes themselves are rare: places by light, most with an S of 10 to 50 for an N of 1,560.
    """
    dice = Dice(seed, SPLIT_KEY["concepts"], index)
    period, textures = _TEXTURE_ROUND
    lap, place = divmod(index, period)
    if place < textures:
        name = TEXTURES[(lap * textures + place) % len(TEXTURES)]
        return ConceptPicture("textures", texture_image(dice, size, name), {}, {"texture": name})
    species = SPECIES[(lap * (period - textures) + place - textures) % len(SPECIES)]
    livery = dice.pick(RARE_LIVERIES if dice.chance(_RARE_LIVERY) else LIVERIES)
    scene_named, material_named = dice.chance(_SCENE_NAMED), dice.chance(_MATERIAL_NAMED)
    picture = paint_picture(dice, size, species, livery, SPECIES, _CONCEPT_COMPANY)
    labels = picture.canvas.labels()
    planes = {"object": labels["object"][None], "part": labels["part"]}
    if material_named:
        planes["material"] = labels["material"][None]
    return ConceptPicture(
        "world", picture.rgb, planes, {"scene": picture.scene} if scene_named else {}
    )
