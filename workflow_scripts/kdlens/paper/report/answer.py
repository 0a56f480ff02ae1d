"""The answer: the verdict on the main claim, and sentences made from the numbers of the run.

The verdict is the ledger's on :data:`MAIN_CLAIM`, the numbers are Table 1's: means and sample
standard deviations over seeds of the units that detect a concept. Where a run has no ledger, no
Table 1, no student or nothing from scratch, the answer says so and shows what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdlens.paper.formats import mean_and_sd

MAIN_CLAIM = "kd_more_detectors"
"""The claim of ``config/claims.yaml`` that the paper's title comes down to."""

WORDS = {
    "supported": "Supported",
    "contradicted": "Contradicted",
    "inconclusive": "Not decided",
    "not run": "Not tested",
}
"""The ledger's verdicts in its order (its module would load scipy), each as an answer."""

_ROLES = {"kd": "students taught by KD", "scratch": "networks trained from scratch"}
"""Who is compared: the published row that a model stands for, and that in words."""

_NULL = "random_init"

Row = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What the first screen says.

    Attributes:
        word: the verdict, in a word or two.
        verdict: the same as the ledger has it; None where there is no ledger.
        claim: the claim that the verdict is on; None likewise.
        sentences: what stands behind it.
        counts: how many claims have each verdict; empty where there is no ledger.
    """

    word: str
    verdict: str | None
    claim: str | None
    sentences: tuple[str, ...]
    counts: Mapping[str, int]


def answer(claims: Sequence[Mapping[str, Any]] | None, table: Sequence[Row] | None) -> Answer:
    """Return the answer of a run.

    Args:
        claims: those of ``claims.json``; None if the run has none.
        table: the rows of ``table01.csv``; None if the run has none.
    """
    numbers = _numbers(table or [])
    if not claims:
        nothing = "No network of this run stands for one of the paper's: its claims are not tested."
        return Answer("No verdict", None, None, (*numbers, nothing), {})
    found = Counter(claim["verdict"] for claim in claims)
    counts = {verdict: found[verdict] for verdict in WORDS}
    main = next((claim for claim in claims if claim["id"] == MAIN_CLAIM), None)
    if main is None:
        why = "The ledger of this run does not have the main claim."
        return Answer("No verdict", None, None, (*numbers, why, _counted(counts, claims)), counts)
    sentences = (*numbers, _sentence(main["reason"]), _counted(counts, claims))
    verdict = main["verdict"]
    return Answer(WORDS[verdict], verdict, main["says"], sentences, counts)


def _counted(counts: Mapping[str, int], claims: Sequence[Mapping[str, Any]]) -> str:
    own = sum(bool(claim.get("ours")) for claim in claims)
    parts = [f"{count} {'is' if count == 1 else 'are'} {name}" for name, count in counts.items()]
    beside = f" ({own} of them ours)" if own else ""
    return f"Of {len(claims)} claims{beside}, {_listed(parts)}."


def _numbers(table: Sequence[Row]) -> list[str]:
    """Return how many units detect a concept, in whom, in a sentence or two."""
    means = [row for row in table if row["row"] == "mean" and row["labels"] == "true"]
    trained = [row for row in means if row["method"] != _NULL]
    if not trained:
        return ["This run counted no concept detectors of a trained network."]
    roles = {row["reference"]: row for row in reversed(trained)}
    shown, said = [roles[role] for role in _ROLES if role in roles], []
    if len(shown) < len(_ROLES):
        absent = " or ".join(words for role, words in _ROLES.items() if role not in roles)
        said = [f"No network here stands for the paper's {absent}."]
        # Without the pair that the question is about, the span of what there is.
        ranked = sorted(trained, key=lambda row: -float(row["total"]))
        shown = ranked if len(ranked) < 3 else [ranked[0], ranked[-1]]
    shown += [row for row in means if row["method"] == _NULL][:1]
    units, layers, seeds = ({row[key] for row in shown} for key in ("units", "layer", "seeds"))
    where = f"Of the {f'{min(units)} ' if len(units) == 1 else ''}units of "
    where += min(layers) if len(layers) == 1 else "the layer that Table 1 counts"
    same = len(seeds) == 1
    counted = [
        f"{_count(row, table)} {'detect a concept ' if row is shown[0] else ''}in {row['label']}"
        f"{'' if same else f' ({_seeds(row)})'}"
        for row in shown
    ]
    each = f" ({_seeds(shown[0])}{' each' if len(shown) > 1 else ''})" if same else ""
    span = ": the most and the fewest" if said and len(trained) > 2 else ""
    return [f"{where}, {_listed(counted)}{each}{span}.", *said]


def _count(row: Row, table: Sequence[Row]) -> str:
    """Return mean and spread of a model's total."""
    own = ("sd", row["model"], row["labels"])
    spreads = [r["total"] for r in table if (r["row"], r["model"], r["labels"]) == own]
    spread = float(spreads[0]) if spreads and spreads[0] else None
    return mean_and_sd(float(row["total"]), spread, 1)


def _seeds(row: Row) -> str:
    return f"{row['seeds']} seed{'' if row['seeds'] == '1' else 's'}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
