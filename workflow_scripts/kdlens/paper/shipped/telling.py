"""How a run differs from the shipped one, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdlens.paper.shipped.comparison import Compared, Difference
from kdlens.paper.shipped.verdict import judged, most_by_chance


def describe(compared: Compared, most: int = 8) -> Iterator[str]:
    """Yield the lines that say what differs, the largest difference for its tolerance first."""
    differences = sorted(compared.differences, key=_severity, reverse=True)
    beyond = sum(each.beyond for each in differences)
    open_ = sum(each.tolerance is None for each in differences)
    counts = {
        "equal": compared.values - len(differences),
        "within tolerance": len(differences) - beyond - open_,
        "beyond tolerance": beyond,
        "differ without a spread to judge by": open_,
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    yield f"{compared.file}: {said or 'nothing to compare'}"
    for row in compared.missing:
        yield f"  missing here: {row}"
    for each in differences[:most]:
        limit = f", tolerance {each.tolerance:.3g}" if each.tolerance else ""
        mark = "!" if each.beyond else " "
        there, here = _number(each.shipped), _number(each.here)
        yield f"  {mark} {each.where}: {each.column} {here}, shipped {there}{limit}"
    if len(differences) > most:
        yield f"    and {len(differences) - most} more that differ"


def told(files: Sequence[Compared]) -> str:
    """Return in words how many means lie beyond their tolerance, and how many may by chance."""
    values = judged(files)
    beyond = sum(each.by_chance for file in files for each in file.differences)
    return (
        f"{beyond:,} of {values:,} means beyond tolerance; up to {most_by_chance(values):,} are "
        "to be expected by chance"
    )


def _severity(difference: Difference) -> tuple[bool, float]:
    if difference.tolerance is None:
        return False, 0.0
    return difference.beyond, difference.change / max(difference.tolerance, 1e-12)


def _number(text: str) -> str:
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text or "nothing"
