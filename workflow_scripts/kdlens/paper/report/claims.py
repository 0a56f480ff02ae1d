"""The verdicts on the claims: how many there are of each, and every claim with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kdlens.paper.gallery.document import escape


def counts_html(counts: Mapping[str, int]) -> str:
    """Return how many claims have each verdict, as a list that leads to them."""
    cells = "".join(
        f'<div class="{_kind(verdict)}"><dt>{escape(verdict)}</dt><dd>{count}</dd></div>'
        for verdict, count in counts.items()
    )
    return f'<dl class="counts">{cells}</dl>' if counts else ""


def claims_html(claims: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of all claims, in the order of the paper."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Claim", "Verdict", "Why", "Paper"))
    rows = "\n".join(
        f'<tr><th scope="row">{escape(claim["says"])}</th>'
        f'<td class="verdict {_kind(claim["verdict"])}">{escape(claim["verdict"])}</td>'
        f"<td>{escape(claim['reason'])}</td><td>{escape(claim['where'])}</td></tr>"
        for claim in claims
    )
    return (
        f'<table class="claims"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n'
    )


def _kind(verdict: str) -> str:
    return escape(verdict.replace(" ", "-"))
