"""The folder of a run's shipped results: all that its tables and figures are made from, made small.

Laid out as the run, with the concept dataset's part in ``data/``. Copied are metrics, activation
maps, measures, tables (csv, md), what figures show as csv, the manifest with its config, and the
cost; reduced (`reduced`) are

- tallies, to the quantiles that are read and the best concepts;
- top images, to the units that unit grids show, and the datasets to the images that figures show;
- figures, to pictures that one looks at (WebP).

``shipped.json`` names the machine in general words and lists the files: ``path`` and ``sha256``, of
what they are made (``from``: path and sha256 in the run), and how they were ``reduced`` (None: they
are copies). ``README.md`` is for people. The same run on the same machine gives the same bytes:
there is no time stamp, and no machine's name.

Errors: :class:`~kdlens.errors.InputError` for a file that is not whole or does not belong.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdlens.data.broden import Broden
from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError
from kdlens.files import atomic_folder, read_json, sha256_of, write_json, write_text
from kdlens.paper.inputs import load_top_images
from kdlens.paper.shipped.origin import describe_machine
from kdlens.paper.shipped.readme import readme
from kdlens.paper.shipped.reduced import (
    pack,
    reduce_photographs,
    reduce_picture,
    reduce_tallies,
    reduce_top_images,
    shown_cells,
)
from kdlens.paper.unit_grids import best_units

_ADVICE = "nothing was changed. Free some space and start again"


@dataclass
class _Shipment:
    """The new folder while it is filled."""

    folder: Path
    places: Mapping[Path, Path]
    """Folders of the run, and where what is in them lies in the new one."""
    files: list[dict[str, Any]] = field(default_factory=list)

    def place(self, source: Path) -> Path:
        """Return where a file goes, and make the folder for it."""
        start = next(start for start in self.places if source.is_relative_to(start))
        target = self.folder / self.places[start] / source.relative_to(start)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def add(self, target: Path, source: Path, reduced: str | None) -> None:
        """List a file that was written, and how it was ``reduced`` from its source, if it was."""
        self.files.append(
            {
                "path": target.relative_to(self.folder).as_posix(),
                "sha256": sha256_of(target),
                "from": {"path": source.as_posix(), "sha256": sha256_of(source)},
                "reduced": reduced,
            }
        )

    def copy(self, source: Path) -> None:
        """Copy a file into the folder and list it; a folder is refused."""
        if source.is_dir():
            raise InputError(f"{source}: a folder is not shipped; say which of its files are read")
        target = self.place(source)
        shutil.copyfile(source, target)
        self.add(target, source, None)


def ship(
    folder: str | Path,
    found: Sequence[str | Path],
    made: Sequence[str | Path],
    *,
    run: str,
    made_in: Mapping[str, str],
    quantiles: Mapping[str, Sequence[float]],
    unit_grids: Sequence[Mapping[str, str]],
    concepts: str | Path | None,
    cells: Mapping[str, Sequence[str]],
    shown: Mapping[str, Any],
    left_out: Sequence[str],
) -> int:
    """Write the folder anew, and return its size in bytes.

    Args:
        folder: replaced as a whole, once its successor is there.
        found: the files, and folders of datasets, that the paper stage reads.
        made: its tables and figures to ship, the manifest, the cost.
        run: the run's name.
        made_in: where the run (``results``) and the datasets (``data``) lie.
        quantiles: the tallies among ``found``, each with the quantiles to keep.
        unit_grids: the ``tallies`` and ``top`` images behind each figure of best units.
        concepts: ``dataset.json`` of the concept images, which these figures show; None without.
        cells: the ``tree`` of drawn cells, and ``maps`` of the images that Figure 7 shows; both may
            be empty.
        shown: ``units_per_category``, ``images``, ``quantile``, ``iou_threshold``, ``denominator``
            and ``categories`` of these figures.
        left_out: sentences that say what cannot be made from the folder.
    """
    folder = Path(folder)
    tops = {Path(grid["top"]) for grid in unit_grids}
    with atomic_folder(folder, _ADVICE) as new:
        places = {Path(made_in["results"]): Path(), Path(made_in["data"]): Path("data")}
        shipment = _Shipment(new, places)
        special = {*tops, *map(Path, cells["tree"])}
        if concepts is not None:
            _add_unit_grids(shipment, folder, Path(concepts), unit_grids, shown)
            special |= {Path(concepts), Path(read_json(concepts)["root"])}
        for tree in map(Path, cells["tree"]):
            for source in shown_cells(tree, cells["maps"]):
                shipment.copy(source)
        for source in map(Path, dict.fromkeys(map(str, found))):
            if str(source) in quantiles:
                target = shipment.place(source)
                reduce_tallies(Tallies.load(source), quantiles[str(source)]).save(target)
                pack(target)
                shipment.add(target, source, "quantiles and best concepts")
            elif source not in special:
                shipment.copy(source)
        for source in map(Path, made):
            if source.suffix == ".png":
                target = shipment.place(source).with_suffix(".webp")
                reduce_picture(source, target)
                shipment.add(target, source, "a picture to look at")
            else:
                shipment.copy(source)
        manifest = read_json(Path(made_in["results"], "manifest.json"))
        machine = describe_machine()
        text = readme(run, manifest, shipment.files, machine, left_out)
        write_text(new / "README.md", text)
        files = sorted(shipment.files, key=lambda entry: entry["path"])
        write_json(new / "shipped.json", {"run": run, "machine": machine, "files": files})
        return sum(path.stat().st_size for path in new.rglob("*") if path.is_file())


def _add_unit_grids(
    shipment: _Shipment,
    folder: Path,
    concepts: Path,
    unit_grids: Sequence[Mapping[str, str]],
    shown: Mapping[str, Any],
) -> None:
    """Add top images, and the part of the concept dataset that is shown with them."""
    summary = read_json(concepts)
    dataset = Broden(summary["root"], shown["categories"])
    photographs: set[int] = set()
    for grid in unit_grids:
        tallies, source = Tallies.load(grid["tallies"]), Path(grid["top"])
        top = load_top_images(source, tallies, len(dataset), summary.get("digest"))
        units = [
            unit.unit
            for unit in best_units(
                tallies,
                shown["units_per_category"],
                iou_threshold=shown["iou_threshold"],
                quantile=shown["quantile"],
                denominator=shown["denominator"],
            )
        ]
        reduced = reduce_top_images(top, units, shown["images"])
        photographs |= set(reduced.images[units].ravel().tolist())
        target = shipment.place(source)
        reduced.save(target)
        pack(target)
        shipment.add(target, source, "units and images that are shown")
    target = shipment.place(concepts)
    tree = target.with_name("tree")
    reduce_photographs(dataset, photographs, tree)
    root = folder / tree.relative_to(shipment.folder)
    write_json(target, {**summary, "root": root.as_posix()})
    shipment.add(target, concepts, "its root")
    for copy in sorted(path for path in tree.rglob("*") if path.is_file()):
        shipment.add(copy, dataset.root / copy.relative_to(tree), None)
