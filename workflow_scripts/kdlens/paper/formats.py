"""Numbers as people read them, and tables in Markdown and LaTeX.

A missing value is an en dash everywhere. Counts are whole numbers in one network and have one
decimal as a mean; accuracies have two. A change always shows its sign.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

MISSING = "–"

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "–": "--",
        "±": r"\ensuremath{\pm}",
        "×": r"\ensuremath{\times}",
        "≥": r"\ensuremath{\geq}",
        "↑": r"\ensuremath{\uparrow}",
        "↓": r"\ensuremath{\downarrow}",
        "†": r"\dag{}",
        "α": r"\ensuremath{\alpha}",
        "β": r"\ensuremath{\beta}",
        "γ": r"\ensuremath{\gamma}",
        "λ": r"\ensuremath{\lambda}",
        "τ": r"\ensuremath{\tau}",
        "\n": " ",
    }
)
_MARKDOWN = str.maketrans(
    {**{c: "\\" + c for c in "\\|*`[]"}, "<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " "}
)


def escape_latex(text: str) -> str:
    """Make any text safe in a LaTeX table cell."""
    return text.translate(_LATEX)


def escape_markdown(text: str) -> str:
    """Make any text safe in a Markdown table cell."""
    # An underscore inside a word is plain text, and reads better so.
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text.translate(_MARKDOWN))


def decimals_of(column: str) -> int:
    """Return how many decimals a column's means are shown with."""
    return 2 if column == "top1" else 1


def number(value: float | None, decimals: int) -> str:
    """Format a value; a whole number needs no decimals unless its column always has two."""
    if value is None:
        return MISSING
    if decimals < 2 and float(value).is_integer():
        return str(int(value))
    return f"{value:.{decimals}f}"


def counted(count: int, noun: str) -> str:
    """Return "1 seed", "3 seeds"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def mean_and_sd(
    mean: float | None, sd: float | None, decimals: int, plus_minus: str = " ± "
) -> str:
    """Format ``mean ± sd``; without a spread (one seed) the value alone."""
    if mean is None:
        return MISSING
    if sd is None:
        return number(mean, decimals)
    if mean == sd == 0 and decimals < 2:
        return f"0{plus_minus}0"
    return f"{mean:.{decimals}f}{plus_minus}{sd:.{decimals}f}"


def signed(value: float | None, decimals: int) -> str:
    """Format a change with its sign (a true minus, U+2212); zero has none."""
    if value is None:
        return MISSING
    text = number(abs(value), decimals)
    if float(text) == 0:
        return text
    return ("+" if value > 0 else "−") + text


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], text: Collection[int] = (0,)
) -> str:
    """Return a Markdown table; the columns ``text`` hold text, the others numbers.

    Cells are taken as they are: escape them where they hold text.
    """
    lines = [header, ["---" if i in text else "---:" for i in range(len(header))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
