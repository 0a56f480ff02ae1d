"""Results without what no table or figure reads: a tenth of their size, or less.

Shapes as in `kdlens.dissection.tallies` and `kdlens.dissection.top_images`.
"""

from __future__ import annotations

import dataclasses
import io
import shutil
import zipfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from kdlens.data.broden import Broden
from kdlens.data.cells.tree import INDEX, truth_path
from kdlens.dissection.tallies import DENOMINATORS, Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.files import write_bytes
from kdlens.measures.five_band_samples import Samples
from kdlens.paper.figure11 import first_images

_QUALITY = 80


def pack(npz: Path) -> None:
    """Compress the arrays of an npz file by LZMA: a sixth smaller, and numpy reads it as before."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(npz) as arrays, zipfile.ZipFile(buffer, "w") as packed:
        for member in arrays.infolist():
            packed.writestr(member, arrays.read(member), zipfile.ZIP_LZMA)
    write_bytes(npz, buffer.getbuffer())


def reduce_tallies(tallies: Tallies, quantiles: Sequence[float]) -> Tallies:
    """Keep these quantiles, and of each unit and category the intersection with its best label.

    The others become zero, which no longer says that they were. :meth:`Tallies.best` is the same as
    before, at each of the quantiles and with both denominators, and with it every count of
    detectors at every IoU threshold.

    Raises:
        InputError: for a quantile that was not dissected.
    """
    levels = [tallies.index_of(quantile) for quantile in quantiles]
    intersection = np.zeros_like(tallies.intersection[levels])
    for kept, level, quantile in zip(intersection, levels, quantiles, strict=True):
        for denominator in DENOMINATORS:
            labels = tallies.best(quantile, denominator).label
            counts = np.take_along_axis(tallies.intersection[level], labels, axis=1)
            np.put_along_axis(kept, labels, counts, axis=1)
    return dataclasses.replace(
        tallies,
        intersection=intersection,
        activated_image=tallies.activated_image[levels],
        activated_mask=tallies.activated_mask[levels],
        thresholds=tallies.thresholds[levels],
        quantiles=tallies.quantiles[levels],
        meta={**tallies.meta, "reduced": "the best label of each unit and category"},
    )


def reduce_top_images(top: TopImages, units: Collection[int], images: int) -> TopImages:
    """Keep the maps of these units (from 0), and of every unit the first ``images`` images."""
    others = np.setdiff1d(np.arange(len(top.images)), np.array(sorted(units), np.int64))
    maps = top.maps[:, :images].copy()
    maps[others] = 0
    return dataclasses.replace(
        top,
        images=top.images[:, :images],
        peaks=top.peaks[:, :images],
        maps=maps,
        meta={**top.meta, "reduced": "the maps of the units that are shown"},
    )


def reduce_photographs(concepts: Broden, images: Iterable[int], folder: Path) -> None:
    """Write a concept dataset of these photographs (numbers of images) and of all its tables."""
    folder.mkdir(parents=True)
    for table in sorted(concepts.root.glob("*.csv")):
        shutil.copyfile(table, folder / table.name)
    for number in sorted(set(images)):
        file = concepts.image_files[number]
        copy = folder / file.relative_to(concepts.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def shown_cells(tree: Path, maps: Sequence[str | Path]) -> list[Path]:
    """Return the files of drawn cells that Figure 11 shows, and Figure 7 with the maps given.

    Raises:
        InputError: for a list of cells or a file of maps that is missing or damaged.
    """
    images = list(first_images(tree).values())
    images += [tree / name for file in maps for name in Samples.load(file).images.tolist()]
    images = list(dict.fromkeys(images))
    return [tree / INDEX, *images, *map(truth_path, images)]


def reduce_picture(png: str | Path, smaller: str | Path) -> None:
    """Write a picture as WebP, with losses that one hardly sees: a sixth of the png's bytes."""
    buffer = io.BytesIO()
    with Image.open(png) as picture:
        picture.convert("RGB").save(buffer, "WEBP", quality=_QUALITY, method=6)
    write_bytes(smaller, buffer.getbuffer())
