"""The page of one layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kdlens.paper.gallery.colours import colour_rules
from kdlens.paper.gallery.document import data_block, document, escape, part
from kdlens.paper.gallery.strip import strip
from kdlens.paper.gallery.units import Concept, Layer, Unit

_BLOCK = 128
"""Photographs an element: a browser splits up only those blocks that it draws from."""


@dataclasses.dataclass(frozen=True)
class About:
    """What the head of a page says."""

    label: str
    model: str
    seed: int
    layer: str
    dataset: str
    iou_threshold: float
    denominator: str


def layer_page(
    layer: Layer,
    about: About,
    images: Sequence[int],
    files: Sequence[str],
    photographs: Sequence[str],
) -> str:
    """Return the page as HTML.

    Args:
        images: the dataset's numbers (from 0) of all images that the layer's units show.
        files: their names.
        photographs: their thumbnails, as :func:`kdlens.paper.gallery.thumbnails.thumbnails`
            returns them.
    """
    found = layer.detectors
    same = about.label.casefold().replace(" ", "_") == about.model.casefold()
    name = "" if same else f"{escape(about.model)} · "
    which = f"<span>{name}seed {about.seed} · {escape(about.layer)}</span>"
    return document(
        "layer.html",
        style=part("base.css") + part("layer.css") + colour_rules(layer.categories),
        program=part("layer.js"),
        images=True,
        title=escape(f"{about.label}, seed {about.seed}, {about.layer}: units"),
        heading=f"{escape(about.label)} {which}",
        reading=_reading(layer, about),
        facts=_facts(layer, about),
        strip=strip(layer.categories, found),
        bars=_bars(layer),
        categories=_options(layer),
        count=f"{found.units} units",
        cards="\n".join(_card(unit, layer.categories) for unit in layer.units),
        data=_photographs(photographs) + data_block("data", _data(layer, about, images, files)),
    )


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent; a little is not nothing, and most is not all."""
    if 0 < share < 0.01:
        return "less than 1"
    return str(min(round(100 * share), 99) if share < 1 else 100)


def _reading(layer: Layer, about: About) -> str:
    return (
        "Each unit is shown with the images to which it responds most; bright is where it is "
        f"active (its activation lies in its top {100 * layer.quantile:g} %). IoU tells how well "
        "these regions, over the whole dataset, overlap with the masks of a concept: from "
        f"{about.iou_threshold:g} on, the unit detects the concept."
    )


def _facts(layer: Layer, about: About) -> str:
    found = layer.detectors
    share = f" <small>{percent(found.units_any / found.units)} %</small>" if found.units else ""
    facts = [
        ("units", str(found.units)),
        ("detect a concept", f"{found.units_any}{share}"),
        ("of exactly one category", str(found.exactly_one)),
        ("distinct concepts", str(found.distinct_labels)),
        ("concept dataset", escape(about.dataset)),
        ("quantile", f"{layer.quantile:g}"),
        ("IoU threshold", f"{about.iou_threshold:g}"),
        ("denominator", escape(about.denominator)),
    ]
    entries = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return f'<dl class="facts">{entries}</dl>'


def _bars(layer: Layer) -> str:
    most = max((units for bars in layer.bars for _, units in bars), default=1)
    sections = []
    for category, (name, bars) in enumerate(zip(layer.categories, layer.bars, strict=True)):
        total = sum(units for _, units in bars)
        rows = "".join(_bar(concept, units, most) for concept, units in bars)
        rows = f'<ul role="list">{rows}</ul>' if bars else '<p class="none">no unit</p>'
        sections.append(
            f'<section class="k{category}"><h3><button type="button" data-category="{category}" '
            f'aria-pressed="false"><span>{escape(name)}</span><span class="count">{total} '
            f"{_units(total)}</span></button></h3>\n{rows}</section>"
        )
    return "\n".join(sections)


def _bar(concept: Concept, units: int, most: int) -> str:
    name = escape(concept.name)
    return (
        f'<li><button type="button" class="bar" data-concept="{concept.label}" data-name="{name}" '
        f'aria-pressed="false"><span>{name}</span><svg viewBox="0 0 100 10" '
        'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect width="{100 * units / most:.4g}" height="10"/></svg><span class="count">{units}'
        f'<span class="unseen"> {_units(units)}</span></span></button></li>'
    )


def _options(layer: Layer) -> str:
    options = ['<option value="">all</option>']
    for category, name in enumerate(layer.categories):
        options.append(f'<option value="{category}">{escape(name)}</option>')
    return "".join(options)


def _card(unit: Unit, categories: Sequence[str]) -> str:
    best = unit.best
    detector = " data-detector" if unit.detector else ""
    shown = f"<b>{escape(best.name)}</b>" if best.label else "<b>no concept</b>"
    fit = [f'<span class="iou">IoU {best.iou:.3f}</span>', _in(best.category, categories)]
    if not unit.detector:
        fit.append('<span class="mark">below the threshold</span>')
    if unit.others:
        fit.append("also")
    for other in unit.others:
        name = f"<b>{escape(other.name)}</b>"
        fit.append(f"{_in(other.category, categories)} <span>{name} {other.iou:.3f}</span>")
    places = "<li></li>" * len(unit.pictures)
    return (
        f'<li class="card{"" if unit.detector else " below"}" data-unit="{unit.number}" '
        f'data-score="{best.iou:.10f}" data-category="{best.category}" '
        f'data-concept="{best.label}"{detector}><h3><span class="number">unit {unit.number}</span> '
        f'{shown}</h3><p class="fit">{" ".join(fit)}</p>'
        f'<ul class="pictures" role="list" aria-label="Top images of unit {unit.number}">'
        f"{places}</ul></li>"
    )


def _in(category: int, categories: Sequence[str]) -> str:
    return f'<span class="in k{category}">{escape(categories[category])}</span>'


def _units(count: int) -> str:
    return "unit" if count == 1 else "units"


def _data(layer: Layer, about: About, images: Sequence[int], files: Sequence[str]) -> dict:
    place = {image: index for index, image in enumerate(images)}
    return {
        "dataset": about.dataset,
        "mask": list(layer.mask_shape),
        "block": _BLOCK,
        # Images are counted from 1 for people, as units are.
        "images": [[image + 1, file] for image, file in zip(images, files, strict=True)],
        "units": {
            unit.number: [[place[p.image], p.region, percent(p.share)] for p in unit.pictures]
            for unit in layer.units
        },
    }


def _photographs(photographs: Sequence[str]) -> str:
    return "".join(
        f'<script type="text/plain" id="photographs-{start // _BLOCK}">'
        + "\n".join(photographs[start : start + _BLOCK])
        + "</script>\n"
        for start in range(0, len(photographs), _BLOCK)
    )
