"""The whole page: the answer, then the paper's sections, then what stands around the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.files import read_json
from kdlens.paper.gallery.document import document, escape, part
from kdlens.paper.reference import read_rows
from kdlens.paper.report.about import again_html, cost_html, lacking_html, provenance_html
from kdlens.paper.report.answer import Answer, answer
from kdlens.paper.report.claims import claims_html, counts_html
from kdlens.paper.report.items import item_html

FIRST = ("table01", "figure02")
"""The items that stand right under the answer, in this order."""

SECTIONS = {
    "1": "Introduction",
    "3": "Concept detectors",
    "4": "What a teacher's outputs carry",
    "5": "Other measures of interpretability",
    "A": "Appendix A: other settings",
    "D": "Appendix D: the drawn cells",
    "E": "Appendix E: more on the other measures",
}
"""What the paper's sections are about, in our words."""

_FOLDER = Path(__file__).parent

Item = Mapping[str, Any]


def front_page(
    folder: Path,
    *,
    title: str,
    run: str,
    items: Sequence[Item],
    lacking: Sequence[Item],
    captions: Mapping[str, str],
    gallery: bool,
    commands: Mapping[str, str],
) -> str:
    """Return the page as HTML.

    Args:
        folder: of the run; the page belongs into it. Read are ``manifest.json``, ``cost.csv`` and
            ``.md``, ``claims.json`` and ``tables/table01.csv`` (both if they are there), and the
            files of the items.
        title: the run's question.
        run: the run's name.
        items, lacking, commands: see :func:`kdlens.plan.front_page.params`.
        captions: of figures, in Markdown, by their stems.
        gallery: whether the run has one.

    Raises:
        InputError: for a file that is missing or damaged.
    """
    claims = read_json(folder / "claims.json") if (folder / "claims.json").exists() else None
    ledger = claims["claims"] if claims else None
    table = folder / "tables/table01.csv"
    found = answer(ledger, read_rows(table, ()) if table.exists() else None)
    shown = {item["name"]: item for item in items}
    first = [shown[name] for name in FIRST if name in shown]
    sections = [("answer", "The answer", _answer_html(found, first, folder, captions))]
    sections += _by_section([item for item in items if item["name"] not in FIRST], folder, captions)
    if gallery:
        sections.append(("gallery", "Gallery of units", _GALLERY))
    if ledger:
        sections.append(("claims", "The paper's claims", f"{_CLAIMS}{claims_html(ledger)}"))
    cost = cost_html(folder / "cost.csv", folder / "cost.md")
    manifest = read_json(folder / "manifest.json")
    sections += [
        ("cost", "Cost", f"{cost}{_links({'cost.html': 'Cost by rule', 'cost.csv': 'csv'})}"),
        ("provenance", "Provenance", f"{provenance_html(manifest)}{_PROVENANCE}"),
        ("again", "Make it again", again_html(run, commands)),
    ]
    if lacking:
        sections.append(("lacking", "Of the paper, not in this run", lacking_html(lacking)))
    return document(
        "report.html",
        folder=_FOLDER,
        style=part("base.css") + part("report.css", _FOLDER),
        beside=True,
        title=escape(title),
        run=escape(run),
        contents=_contents(sections),
        answer=sections[0][2],
        sections="\n".join(_section(*section) for section in sections[1:]),
    )


_GALLERY = (
    "<p>Every unit of every dissected network, with its concepts and the images to which it "
    'responds most: <a href="gallery/index.html">the gallery</a>.</p>\n'
)
_CLAIMS = (
    "<p>Each claim is tested on the networks of this run, one number a network. <a "
    'href="claims.html">The ledger</a> has p-values, intervals and power, what stands behind each '
    "verdict, and where the paper's own numbers disagree. A verdict is about this run, its data "
    "and its networks; it neither proves nor refutes the paper.</p>\n"
)
_PROVENANCE = (
    '<p>Every file with its checksum and the job that made it: <a href="provenance.html">'
    'provenance</a>, for programs <a href="manifest.json">manifest.json</a>. What was asked for, '
    'with every default: <a href="config.yaml">config.yaml</a>. The graph of jobs with the code of '
    'each: <a href="workflow.html">workflow.html</a>, which <code>make report</code> writes. '
    "This page and the cost come last, and are not in the manifest.</p>\n"
)

Section = tuple[str, str, str]


def _answer_html(
    found: Answer, first: Sequence[Item], folder: Path, captions: Mapping[str, str]
) -> str:
    kind = escape((found.verdict or "none").replace(" ", "-"))
    claim = f"The paper: {escape(found.claim)} In this run:" if found.claim else "In this run:"
    said = " ".join(map(escape, found.sentences))
    parts = [item_html(item, folder, captions, inside=True) for item in first]
    return (
        f'<div class="answer {kind}">\n<p class="claim">{claim}</p>\n'
        f'<p class="word">{escape(found.word)}</p>\n'
        f'<p class="said">{said}</p>\n</div>\n'
        f"{counts_html(found.counts)}\n" + "\n".join(parts)
    )


def _by_section(items: Sequence[Item], folder: Path, captions: Mapping[str, str]) -> list[Section]:
    """Return the paper's sections in its order, then what it does not have."""
    groups: dict[str | None, list[Item]] = {}
    for item in sorted(items, key=_place):
        chapter = item["section"].split(".")[0] if item["section"] else None
        groups.setdefault(chapter, []).append(item)
    found = []
    for chapter, own in groups.items():
        body = "\n".join(item_html(item, folder, captions) for item in own)
        identifier = "beside" if chapter is None else f"section-{chapter}"
        found.append((identifier, _called(chapter), body))
    return found


def _place(item: Item) -> tuple[bool, bool, str]:
    section = item["section"] or ""
    return (not section, section[:1].isalpha(), section)


def _called(chapter: str | None) -> str:
    if chapter is None:
        return "Beside the paper"
    title = SECTIONS.get(chapter, f"Section {chapter}")
    return f"{chapter} {title}" if chapter.isdigit() and chapter in SECTIONS else title


def _section(identifier: str, title: str, body: str) -> str:
    return f'<section id="{escape(identifier)}">\n<h2>{escape(title)}</h2>\n{body}</section>'


def _links(files: Mapping[str, str]) -> str:
    links = (f'<a href="{name}">{text}</a>' for name, text in files.items())
    return f'<p class="files">{" ".join(links)}</p>\n'


def _contents(sections: Sequence[Section]) -> str:
    lines = "".join(
        f'<li><a href="#{escape(identifier)}">{escape(title)}</a></li>'
        for identifier, title, _ in sections
    )
    return f'<ol role="list">{lines}</ol>'
