"""Some sentences, each word on a ground that shows its attribution, one column a network.

Green speaks for the predicted (and true) class, purple against it; the strength is relative to the
largest absolute attribution of the sentence. A word with a sentiment of its own is underlined: with
a solid line if it is aligned with its sentence, with a dotted one if it is opposed. So a network
that goes by the words has green on solid lines and purple on dotted ones. Readers with the common
kinds of colour blindness can tell the two colours apart.

The csv file has every word shown. Networks that are right about no such sentence together get a
figure that says so.

Errors: :class:`~kdlens.errors.InputError` for a file that is missing or damaged, and for too few or
too many of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kdlens.data.treebank import CLASSES, polarity
from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.paper.legend import shorten_text, text_width, wrap_text
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, house_style, save
from kdlens.paper.text_words import Sentence, choose, read_words

_FOR, _AGAINST = "#1B9E77", "#8E5AA8"
_LINE = FONT_SIZE * 2.0
_SPACE = 4.5
_PAD = 1.5
_GAP = 18.0
"""Between two columns, in points like all lengths here."""
_MARGIN = 4.0
"""On the left and the right."""

Shown = Sequence[Mapping[int, Sentence]]


def write_text_attributions(
    words: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    sentences: int,
    dataset: str,
    generated: bool,
    settings: Mapping[str, Any],
) -> None:
    """Choose sentences of the test split and write the figure and its numbers.

    Args:
        words: the networks' csv files of words, in the order of ``runs``.
        svg, pdf, png, csv: the files to write.
        runs: the networks, as for Table 5.
        sentences: how many to show.
        dataset, generated, settings: as for Table 5.
    """
    if len(words) != len(runs):
        raise InputError(
            f"text_attributions: {len(words)} files for {len(runs)} networks; give one each"
        )
    networks = [read_words(path, "test") for path in words]
    numbers = choose(networks, CLASSES, sentences)
    labels = [run["label"] for run in runs]
    write_text(csv, _numbers(networks, numbers, runs))
    save(
        draw(networks, numbers, labels),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Words by which networks classify sentences",
        description=(
            f"{len(numbers)} test sentences of {dataset}; integrated gradients of the "
            f"{settings['target']}, {' and '.join(labels)}."
        ),
    )


def draw(networks: Shown, numbers: Sequence[int], labels: Sequence[str]) -> Figure:
    """Draw the sentences ``numbers`` of each network side by side."""
    width = (72 * WIDTH - 2 * _MARGIN - _GAP * (len(networks) - 1)) / len(networks)
    lefts = [_MARGIN + i * (width + _GAP) for i in range(len(networks))]
    rows = [lay_out(networks[0][number].words, width) for number in numbers]
    classes = [networks[0][number].class_name for number in numbers]
    if not numbers:
        return _without_sentences(labels)
    starts = [name != before for name, before in zip(classes, [None, *classes], strict=False)]
    height = _LINE * (2.3 + sum(max(y for _, y in row) + 1.45 for row in rows) + sum(starts))
    with house_style():
        figure = Figure(figsize=(WIDTH, height / 72))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 72 * WIDTH), ylim=(height, 0))
        axes.axis("off")
        for left, label in zip(lefts, labels, strict=True):
            heading = shorten_text(label, width * 0.9)
            axes.text(left, _LINE / 2, heading, va="center", weight="bold", parse_math=False)
        y = _LINE * 1.1
        for number, row, class_name, starts_class in zip(
            numbers, rows, classes, starts, strict=True
        ):
            if starts_class:
                axes.text(
                    _MARGIN, y + _LINE / 2, class_name.capitalize(), va="center", style="italic"
                )
                y += _LINE
            for left, found in zip(lefts, networks, strict=True):
                _draw_words(axes, found[number], row, left, y)
            y += _LINE * (max(line for _, line in row) + 1.45)
        _draw_key(axes, height - _LINE * 0.6)
    return figure


def _without_sentences(labels: Sequence[str]) -> Figure:
    said = (
        f"No short test sentence with a negative or positive word is classified correctly by "
        f"{' and '.join(labels)}."
    )
    lines = wrap_text(said, 72 * WIDTH - 2 * _MARGIN)
    height = _LINE * (len(lines) + 1)
    with house_style():
        figure = Figure(figsize=(WIDTH, height / 72))
        figure.text(_MARGIN / 72 / WIDTH, 0.5, "\n".join(lines), va="center", parse_math=False)
    return figure


def lay_out(words: Sequence[str], width: float) -> list[tuple[float, int]]:
    """Return each word's left end (points) and line (from 0), in a column of ``width`` points."""
    places, x, line = [], 0.0, 0
    for word in words:
        length = text_width(word) + 2 * _PAD
        if x and x + length > width:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += length + _SPACE
    return places


def ground(share: float) -> str:
    """Return the colour for an attribution of ``share`` (-1 to 1) of the sentence's largest."""
    full = to_rgb(_FOR if share > 0 else _AGAINST)
    strength = 0.75 * abs(share)
    red, green, blue = (1 - strength * (1 - channel) for channel in full)
    return to_hex((red, green, blue))


def _draw_words(
    axes: Axes, sentence: Sentence, places: Sequence[tuple[float, int]], left: float, top: float
) -> None:
    largest = max(map(abs, sentence.attributions)) or 1.0
    side = 1 if sentence.class_name in CLASSES[2:] else -1
    for word, label, value, (x, line) in zip(
        sentence.words, sentence.labels, sentence.attributions, places, strict=True
    ):
        at = left + x, top + _LINE * line
        _draw_word(axes, word, *at, value / largest, polarity(label) * side)


def _draw_word(axes: Axes, word: str, x: float, y: float, share: float, sign: int) -> None:
    width, height = text_width(word) + 2 * _PAD, FONT_SIZE * 1.4
    top = y + (_LINE - height) / 2
    axes.add_patch(Rectangle((x, top), width, height, facecolor=ground(share), linewidth=0))
    # As it is: a dollar sign would start a formula.
    axes.text(x + _PAD, top + height / 2, word, va="center", parse_math=False)
    if sign:
        style = "solid" if sign > 0 else (0, (1, 1.2))
        ends = [x, x + width], [top + height + 1.2] * 2
        axes.plot(*ends, color=INK, linewidth=1.1, linestyle=style, solid_capstyle="butt")


def _draw_key(axes: Axes, y: float) -> None:
    x = _MARGIN
    for word, share, sign in (
        ("for the class", 0.8, 0),
        ("against it", -0.8, 0),
        ("aligned word", 0.0, 1),
        ("opposed word", 0.0, -1),
    ):
        _draw_word(axes, word, x, y - _LINE / 2, share, sign)
        x += text_width(word) + 2 * _PAD + 14
    axes.text(x, y, "strength: relative to the sentence's largest", va="center")


def _numbers(networks: Shown, numbers: Sequence[int], runs: Sequence[Mapping[str, Any]]) -> str:
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(["model", "seed", "sentence", "class", "word", "text", "label", "attribution"])
    for run, found in zip(runs, networks, strict=True):
        for number in numbers:
            sentence = found[number]
            columns = sentence.words, sentence.labels, sentence.attributions
            for i, cells in enumerate(zip(*columns, strict=True)):
                identity = [run["model"], run["seed"], number, sentence.class_name]
                writer.writerow([*identity, i, *cells])
    return handle.getvalue()
