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
HELD_OUT: tuple[str, ...] = tuple(name for names in FAMILIES.values() for name in names[2:])
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

SCENES: tuple[str, ...] = (
    *("meadow-s", "forest-s", "beach-s", "desert-s", "street-s", "night_street-s"),
    *("underwater-s", "mountain-s", "snowfield-s", "farm-s", "lake-s", "garden-s", "playroom-s"),
    *("harbour-s", "open_sky-s"),
)

TEXTURES: tuple[str, ...] = (
    *("striped", "dotted", "chequered", "zigzagged", "blotchy", "gridded", "scaly", "banded"),
    *("honeycombed", "woven", "bubbly", "marbled", "cracked", "crystalline", "spiralled"),
    *("crosshatched", "sprinkled", "waffled", "swirly", "cobwebbed"),
)

OBJECT_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(OBJECTS)}
PART_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(PARTS)}
MATERIAL_CODE: dict[str, int] = {name: k + 1 for k, name in enumerate(MATERIALS)}
