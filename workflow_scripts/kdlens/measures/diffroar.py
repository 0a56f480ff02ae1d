"""All retrained networks of one measurement: kept as they come, summed up.

Every network that is finished is written to a file at once, so that a job that was killed goes on
with the others. The file carries a fingerprint of all that shapes a network; with another one it is
not used, and the log says so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json, write_json
from kdlens.measures.diffroar_masks import SIDES, Mask
from kdlens.measures.diffroar_ranks import RANKINGS
from kdlens.measures.diffroar_retrain import Accuracy, Retraining
from kdlens.measures.diffroar_scores import fraction_key, summary
from kdlens.script import log_progress

_INTERVAL = 15.0  # seconds between two progress lines
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Case:
    """A network to retrain: what its images lack, and from which weights it starts."""

    mask: Mask
    initialisation: int

    @property
    def name(self) -> str:
        """Its name in the file of finished networks and in the log."""
        mask = self.mask
        fraction = fraction_key(mask.fraction)
        return f"{mask.ranking} {fraction} {mask.side} {self.initialisation}"


def cases_of(
    rankings: Sequence[str], fractions: Sequence[float], initialisations: int
) -> list[Case]:
    """Return all cases, one initialisation after the other."""
    return [
        Case(Mask(ranking, fraction, side), initialisation)
        for initialisation in range(1, initialisations + 1)
        for ranking in rankings
        for fraction in fractions
        for side in SIDES
    ]


def retrain_all(
    cases: Sequence[Case],
    retraining: Retraining,
    *,
    partial: Path,
    fingerprint: str,
) -> dict[str, Accuracy]:
    """Retrain a network for each case; return their accuracies by the cases' names.

    Args:
        partial: the file of finished networks.
        fingerprint: of what shapes them.

    Raises:
        InputError: as :meth:`.Retraining.run`; if the disk is full.
    """
    found = _read_partial(partial, fingerprint)
    left = [case for case in cases if case.name not in found]
    if len(left) < len(cases):
        _log.info("%d of %d networks are there already", len(cases) - len(left), len(cases))
    total = len(left) * retraining.images()
    began = reported = time.monotonic()
    done = 0
    for case in left:

        def seen(images: int, case: Case = case) -> None:
            nonlocal done, reported
            done += images
            now = time.monotonic()
            if now - reported >= _INTERVAL:
                reported = now
                what = f"network {len(found) + 1}/{len(cases)} ({case.name}); images"
                log_progress(_log, what, done, total, began, "images")

        found[case.name] = accuracy = retraining.run(case.mask, case.initialisation, seen)
        _log.info("%s: val top-1 %.2f %%", case.name, accuracy.last)
        networks = {name: asdict(accuracy) for name, accuracy in found.items()}
        write_json(partial, {"fingerprint": fingerprint, "networks": networks})
    if left:
        seconds = time.monotonic() - began
        _log.info("%d networks in %.0f s, %.1f s each", len(left), seconds, seconds / len(left))
    return {case.name: found[case.name] for case in cases}


def _read_partial(path: Path, fingerprint: str) -> dict[str, Accuracy]:
    if not path.exists():
        return {}
    try:
        content = read_json(path)
        if content["fingerprint"] != fingerprint:
            _log.warning("%s: is of other data, settings or code; starting anew", path)
            return {}
        return {name: Accuracy(**value) for name, value in content["networks"].items()}
    except (InputError, KeyError, TypeError, AttributeError):
        _log.warning("%s: cannot be read; starting anew", path)
        return {}


def accuracies_of(
    cases: Sequence[Case], found: Mapping[str, Accuracy]
) -> dict[str, dict[str, dict[str, dict[str, list[float]]]]]:
    """Return the accuracies in percent: ranking -> last or best -> fraction -> side -> list.

    A list has one value for each initialisation, in their order.
    """
    sorted_: dict[str, Any] = {}
    for case in cases:
        mask = case.mask
        for which in ("last", "best"):
            sides = (
                sorted_.setdefault(mask.ranking, {})
                .setdefault(which, {})
                .setdefault(fraction_key(mask.fraction), {})
            )
            accuracy = getattr(found[case.name], which)
            sides.setdefault(mask.side, []).append(round(accuracy, 6))
    return sorted_


def values_of(accuracies: Mapping[str, Any], main: str) -> dict[str, float | None]:
    """Return the numbers that tables and figures show.

    Returns:
        Those of :func:`~kdlens.measures.diffroar_scores.summary` at the last epoch, under
        ``<ranking>_<name>``, and at each network's best epoch, under ``<ranking>_best_<name>``; and
        the scores of the ranking ``main`` again, as ``diffroar`` and ``sd``, ``best_diffroar`` and
        ``best_sd``. Scores of a ranking that was not used are None.
    """
    values: dict[str, float | None] = {}
    for ranking in RANKINGS:
        for which, prefix in (("last", ""), ("best", "best_")):
            if ranking in accuracies:
                numbers = summary(accuracies[ranking][which])
            else:
                numbers = {"diffroar": None, "sd": None}
            for name, value in numbers.items():
                shown = value if value is None else round(value, 6)
                values[f"{ranking}_{prefix}{name}"] = shown
    for name in ("diffroar", "sd", "best_diffroar", "best_sd"):
        values[name] = values[f"{main}_{name}"]
    return values
