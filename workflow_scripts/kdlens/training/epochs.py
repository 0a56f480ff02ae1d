"""What trainings, of images and of sentences, keep of their epochs alike."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from kdlens.files import write_text

_log = logging.getLogger(__name__)


def write_epochs(
    columns: Sequence[str], rows: Iterable[Sequence[float | None]], path: str | Path
) -> None:
    """Write ``history.csv``, atomically: a row an epoch, numbers in eight digits, None blank.

    Raises:
        InputError: if the disk is full or the folder cannot be written to.
    """
    lines = [",".join(columns)]
    for row in rows:
        lines.append(",".join("" if cell is None else f"{cell:.8g}" for cell in row))
    write_text(path, "\n".join(lines) + "\n")


def note_number(what: str, number: int | None, used: list[int]) -> None:
    """Add ``number`` to those that have computed, if it is another than the last, and log that.

    Args:
        what: is counted: "CPU threads", "processes".
        number: from here on; None where it shapes nothing.
        used: of the epochs before, in order.
    """
    if number is None or used[-1:] == [number]:
        return
    if used:
        _log.warning(
            "%d %s from here on, %d before: the result may differ in its last bits from that of a "
            "training with one number of %s; metrics.json lists both",
            *(number, what, used[-1], what.split()[-1]),
        )
    used.append(number)
