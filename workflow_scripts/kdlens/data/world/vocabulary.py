"""Every name that the concept world can annotate, a tuple a category.

A name's code is its place in the tuple plus one (0 is "nothing"); codes are internal, the numbers
in a Broden tree are given by frequency (:mod:`kdlens.data.world.broden_tree`). Codes are uint8.
"""

from __future__ import annotations

FAMILIES: dict[str, tuple[str, ...]] = {
    "animal": ("horse", "cow", "giraffe", "elephant"),
    "bird": ("duck", "parrot", "owl", "flamingo"),
    "fish": ("shark", "swordfish", "goldfish", "angelfish"),
    "vehicle": ("car", "van", "truck", "tractor"),
    "tree": ("oak", "palm", "fir", "apple tree"),
    "building": ("house", "shop", "barn", "lighthouse"),
}
"""The 24 species. The first two of a family are trained on, the others are concepts only."""

TRAINED: tuple[str, ...] = tuple(name for names in FAMILIES.values() for name in names[:2])
SPECIES: tuple[str, ...] = tuple(name for names in FAMILIES.values() for name in names)
FAMILY_OF: dict[str, str] = {name: family for family, names in FAMILIES.items() for name in names}

LIVERIES: tuple[str, ...] = ("plain", "striped", "dotted", "chequered")
RARE_LIVERIES: tuple[str, ...] = ("zigzagged", "blotchy", "gridded", "scaly")
"""Liveries that only the concept images wear."""

OBJECTS: tuple[str, ...] = (
    *SPECIES,
    *("sky", "lawn", "ground", "beach", "dune", "seabed", "snowdrift", "sea", "road", "pavement"),
    *("mountain", "hill", "sun", "moon", "star", "cloud", "rainbow", "skyscraper", "tree"),
    *("fence", "ball", "cube", "bush", "flower", "boulder", "cactus", "street lamp", "mushroom"),
    *("traffic light", "parasol", "snowman", "hay bale", "starfish", "seaweed", "coral"),
    *("bubble", "balloon", "kite", "bench", "boat", "barrel", "traffic cone", "pumpkin"),
    *("picture", "rug", "wave", "well", "signpost", "floor", "room wall"),
)

PARTS: tuple[str, ...] = (
    *("head", "neck", "torso", "leg", "tail", "ear", "eye", "muzzle", "horn", "mane", "hoof"),
    *("udder", "proboscis", "tusk", "beak", "wing", "foot", "face", "crest", "fin", "gill"),
    *("mouth", "bill", "belly", "wheel", "hubcap", "window", "door", "headlight", "bumper"),
    *("body", "cabin", "cargo", "exhaust", "mudguard", "trunk", "leaves", "branch", "fruit"),
    *("wall", "roof", "chimney", "awning", "sign", "gallery", "lantern", "step", "pole", "lamp"),
    *("lid", "petal", "stem", "cap", "sail", "hull", "hat", "arm", "frame", "seat"),
)

MATERIALS: tuple[str, ...] = (
    *("fur", "skin", "feathers", "scales", "keratin", "metal", "glass", "rubber", "wood", "bark"),
    *("brick", "plaster", "tile", "foliage", "grass", "sand", "water", "snow", "rock", "soil"),
    *("asphalt", "concrete", "plastic", "fabric", "straw", "cardboard"),
)


def _in_each(place: str, *lights: str) -> dict[str, str]:
    return {light: f"{place}_{light}-s" for light in lights}


def _in_all_weathers(place: str) -> dict[str, str]:
    twilight = f"{place}_twilight-s"
    return {
        **_in_each(place, "day", "overcast"),
        **{"dusk": twilight, "dawn": twilight, "night": "landscape_night-s"},
    }


SCENE_OF: dict[str, dict[str, str]] = {
    "meadow": _in_all_weathers("meadow"),
    "forest": _in_each("forest", "day", "overcast", "dusk"),
    "beach": _in_each("beach", "day", "dusk", "dawn"),
    "desert": _in_each("desert", "day", "dusk", "night"),
    "street": _in_each("street", "day", "overcast", "dusk"),
    "night_street": {"night": "night_street-s"},
    "underwater": {"deep": "underwater-s"},
    "mountain": _in_all_weathers("mountain"),
    "snowfield": _in_each("snowfield", "day", "overcast", "dawn", "night"),
    "farm": _in_all_weathers("farm"),
    "lake": _in_all_weathers("lake"),
    "garden": _in_each("garden", "day", "overcast", "dawn"),
    "playroom": _in_each("playroom", "day", "dusk"),
    "harbour": _in_all_weathers("harbour"),
    "open_sky": {
        "day": "open_sky_day-s",
        **{"dusk": "open_sky_twilight-s", "dawn": "open_sky_twilight-s"},
    },
}
"""The scene that a place is in each of its lights.

A scene is a place in a light, because a scene of a place alone would be too frequent to be detected
(:func:`kdlens.data.world.render.concept_picture`). Lights too rare for a label of their own share
one: dusk and dawn are twilight, and night is the same scene in the five places of all weathers.
"""

SCENES: tuple[str, ...] = tuple(
    dict.fromkeys(name for names in SCENE_OF.values() for name in names.values())
)

TEXTURES: tuple[str, ...] = (
    *("striped", "dotted", "chequered", "zigzagged", "blotchy", "gridded", "scaly", "banded"),
    *("honeycombed", "woven", "bubbly", "marbled", "cracked", "crystalline", "spiralled"),
    *("crosshatched", "sprinkled", "waffled", "swirly", "cobwebbed"),
)

OBJECT_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(OBJECTS)}
PART_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(PARTS)}
MATERIAL_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(MATERIALS)}
