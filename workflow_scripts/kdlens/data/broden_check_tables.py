"""Check the tables of a concept dataset, beyond what reading them does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from kdlens.data.broden import Broden
from kdlens.data.broden_tables import (
    CATEGORY_COLUMNS,
    CODE_COLUMNS,
    INDEX_COLUMNS,
    read_number,
    read_table,
)


@dataclass
class Tables:
    """What the tables say, apart from what the reader keeps of them."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    frequency: list[dict[int, int]] = field(default_factory=list)  # of each category, by label
    coverage: list[dict[int, float]] = field(default_factory=list)

    def labels(self) -> list[int]:
        """The label numbers that some category lists."""
        return sorted({number for listing in self.frequency for number in listing})


def check_tables(dataset: Broden) -> Tables:
    """Check category.csv and the c_<category>.csv.

    Raises:
        InputError: for a table that is missing or malformed; what else is wrong is in the result.
    """
    tables = Tables()
    path = dataset.root / "category.csv"
    ranges = {row["name"]: row for row in read_table(path, CATEGORY_COLUMNS)}
    for category in dataset.categories:
        row = ranges[category]
        first, last, count = (read_number(path, row, key) for key in ("first", "last", "count"))
        codes_path = dataset.root / f"c_{category}.csv"
        codes = read_table(codes_path, CODE_COLUMNS)
        numbers = [read_number(codes_path, code, "number") for code in codes]
        frequencies = [read_number(codes_path, code, "frequency") for code in codes]
        coverages = [read_number(codes_path, code, "coverage", float) for code in codes]
        tables.frequency.append(dict(zip(numbers, frequencies, strict=True)))
        tables.coverage.append(dict(zip(numbers, coverages, strict=True)))
        twice = [number for number, times in Counter(numbers).items() if times > 1]
        if twice:
            tables.problems.append(f"{codes_path.name}: label {twice[0]} is listed twice")
        outside = [number for number in numbers if not first <= number <= last]
        if outside:
            tables.problems.append(
                f"{codes_path.name}: label {outside[0]} is outside of {first}..{last}, the range "
                f"that category.csv gives for {category}"
            )
        if count != len(numbers):
            tables.warnings.append(
                f"{category}: category.csv counts {count} labels, {codes_path.name} has "
                f"{len(numbers)}"
            )
        if [code["code"] for code in codes] != [str(n) for n in range(1, len(codes) + 1)]:
            tables.warnings.append(f"{codes_path.name}: the codes are not 1, 2, 3, ...")
    return tables


def check_index(dataset: Broden, tables: Tables) -> dict[Path, dict[str, str]]:
    """Check index.csv, add what is wrong to ``tables``, and return its rows by photograph.

    Raises:
        InputError: as :func:`check_tables`.
    """
    rows: dict[Path, dict[str, str]] = {}
    elsewhere: Counter[str] = Counter()
    for row in read_table(dataset.root / "index.csv", INDEX_COLUMNS):
        image = dataset.root / "images" / row["image"]
        if image in rows:
            tables.problems.append(f"index.csv: {row['image']} is listed twice")
        if row["split"] not in ("train", "val"):
            elsewhere[row["split"]] += 1
        rows[image] = row
    if elsewhere:
        splits = ", ".join(f"{times} in '{split}'" for split, times in elsewhere.most_common(3))
        tables.warnings.append(f"images in another split than train and val: {splits}")
    return rows
