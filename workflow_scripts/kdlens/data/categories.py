"""Which coarse category each class of a dataset belongs to: dogs, vehicles, furniture.

They come from a csv file with a row a class (Eshed's 67 categories of ImageNet, CIFAR-100's
superclasses, one's own), on the disk or fetched, or from the concept world, whose classes have
theirs by construction. ``categories.csv`` says it of one dataset: ``class,category,counts``, a row
a class in the dataset's order; ``counts`` is "no" for categories of nothing alike ("other").
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdlens.data.download import download
from kdlens.data.world.vocabulary import FAMILIES, FAMILY_OF
from kdlens.errors import InputError, listed
from kdlens.files import verify_sha256, write_text

_COLUMNS = ("class", "category", "counts")
_REALM = {
    **dict.fromkeys(("animal", "bird", "fish"), "creature"),
    **dict.fromkeys(("vehicle", "building"), "artefact"),
    "tree": "plant",
}


@dataclass(frozen=True)
class Categories:
    """The category of each class, in the dataset's order, and whether it counts."""

    classes: tuple[str, ...]
    categories: tuple[str, ...]
    counts: tuple[bool, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """The number of classes of each category, also of those that do not count."""
        return dict(Counter(self.categories))


def obtain_table(
    path: str | None, urls: Sequence[str], sha256: str | None, downloads: str | Path
) -> Path:
    """Return the csv file: the local ``path`` if it is given, or what the ``urls`` deliver.

    Args:
        sha256: its checksum, or the first eight or more digits of it.
        downloads: folder of what is fetched.

    Raises:
        InputError: if there is no such file, or its checksum differs.
    """
    if path is None:
        return download(urls, Path(downloads), sha256)
    if not Path(path).is_file():
        raise InputError(
            f"{path}: no such file; correct measures.entropy.categories.path in the config"
        )
    if sha256:
        verify_sha256(path, sha256)
    return Path(path)


def read_table(path: str | Path, class_column: str, category_column: str) -> dict[str, str]:
    """Return the category of each class from a csv file with a row a class.

    Args:
        class_column, category_column: the two columns that are read.

    Raises:
        InputError: if it is not a csv file, lacks a column, has a class twice or an empty cell.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a csv file ({error})") from error
    for column in (class_column, category_column):
        if column not in (reader.fieldnames or []):
            found = ", ".join(reader.fieldnames or []) or "nothing"
            raise InputError(f"{path}: column '{column}' is missing (found: {found})")
    names = [(row[class_column] or "").strip() for row in rows]
    double = [f"'{name}'" for name, times in Counter(names).items() if times > 1]
    if double:
        raise InputError(
            f"{path}: {len(double)} classes have more than one row: {listed(double)}; leave one "
            "row a class"
        )
    table = {
        name: (row[category_column] or "").strip() for name, row in zip(names, rows, strict=True)
    }
    empty = [f"'{name}'" for name, category in table.items() if not name or not category]
    if empty:
        raise InputError(f"{path}: {len(empty)} rows lack a class or category: {listed(empty)}")
    return table


def world_table(classes: Sequence[str]) -> dict[str, str]:
    """Return the categories of the concept world's classes.

    A species in its livery belongs to the species' family; of the six families, three are
    creatures and two artefacts, and the tree is a category by itself.

    Raises:
        InputError: for classes of another dataset.
    """
    if set(classes) <= set(FAMILIES):
        return {name: _REALM[name] for name in classes}
    species = {name: name.rsplit("_", 1)[0] for name in classes}
    unknown = [f"'{name}'" for name, kind in species.items() if kind not in FAMILY_OF]
    if unknown:
        raise InputError(
            f"measures.entropy.categories: {listed(unknown)} are no classes of the concept world; "
            "give a csv file with the categories of this dataset"
        )
    return {name: FAMILY_OF[kind] for name, kind in species.items()}


def categorise(
    classes: Sequence[str], table: Mapping[str, str], dropped: Collection[str], source: str
) -> Categories:
    """Look up the classes of a dataset.

    Args:
        classes: the dataset's.
        table: category by class; it may have more classes than the dataset.
        dropped: categories that do not count.
        source: what the table comes from, for an error.

    Raises:
        InputError: if a class has no category, or a dropped category does not exist.
    """
    missing = [f"'{name}'" for name in classes if name not in table]
    if missing:
        raise InputError(
            f"{source}: {len(missing)} of {len(classes)} classes of the dataset have no category: "
            f"{listed(missing)}. Add a row for each, or give the file that belongs to the dataset"
        )
    unknown = [f"'{name}'" for name in dropped if name not in table.values()]
    if unknown:
        raise InputError(
            f"{source}: has no category {listed(unknown)}, which "
            "measures.entropy.categories.dropped names; correct or remove the name"
        )
    categories = tuple(table[name] for name in classes)
    return Categories(tuple(classes), categories, tuple(each not in dropped for each in categories))


def write_categories(path: str | Path, found: Categories) -> None:
    """Write ``categories.csv``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, category, counts in zip(found.classes, found.categories, found.counts, strict=True):
        writer.writerow((name, category, "yes" if counts else "no"))
    write_text(path, buffer.getvalue())


def read_categories(path: str | Path) -> Categories:
    """Read ``categories.csv`` back.

    Raises:
        InputError: if it is missing or not whole.
    """
    try:
        rows = list(csv.reader(io.StringIO(Path(path).read_text("utf-8"), newline="")))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    if len(rows) < 2 or tuple(rows[0]) != _COLUMNS or any(len(row) != 3 for row in rows):
        raise InputError(
            f"{path}: not a whole table of categories; delete it and run the workflow again"
        )
    classes, categories, counts = zip(*rows[1:], strict=True)
    return Categories(classes, categories, tuple(each == "yes" for each in counts))
