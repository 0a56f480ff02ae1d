"""Tables 5 and 13: do the words that a network goes by agree with their own sentiment?

One line a model; what its numbers are says :mod:`kdlens.measures.text_agreement`. The agreement of
a yardstick that calls every word aligned stands beside each line, because most words are: accuracy
and AUPRC are to be read against it, AUROC against 0.5. The paper prints accuracy, AUROC and AUPRC
(Tables 5 and 13) and, in the text, the accuracies of some networks at their task.

The csv file has, beside the table's columns, the other reading, the dev and test sentences apart,
and how many words and sentences each number is of.

Errors: as in :mod:`~kdlens.paper.measure_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.formats import escape_markdown
from kdlens.paper.measure_table import Column, read_lines, write_measure_table
from kdlens.paper.reference import parse_number, read_rows

AGREEMENT = (
    Column("attribution_accuracy", "Accuracy"),
    Column("auroc", "AUROC"),
    Column("auprc", "AUPRC"),
)
COLUMNS = (
    *AGREEMENT,
    Column("aligned_share", "Always aligned"),
    Column("test_task_accuracy", "Task accuracy", published="task_accuracy"),
)
_OF_EACH_SPLIT = ("attribution_accuracy", "auroc", "auprc", "aligned_share", "words", "sentences")
_FURTHER: tuple[str, ...] = ("positive_auroc", "positive_auprc", "positive_share", "words")
_FURTHER += ("sentences", "sentences_without_labelled_word", "largest_error")
_FURTHER += ("sentences_beyond_tolerance",)
FURTHER = (
    *_FURTHER,
    "dev_task_accuracy",
    *(f"{split}_{key}" for split in ("dev", "test") for key in _OF_EACH_SPLIT),
)
_LINES = {
    "word_embeddings": "the pieces' embeddings",
    "embeddings": "the embedding module's outputs",
}


def write_text_table(
    measured: Sequence[str | Path],
    reference: str | Path,
    accuracies: str | Path,
    csv: str | Path,
    md: str | Path,
    html: str | Path,
    tex: str | Path,
    *,
    number: int,
    runs: Sequence[Mapping[str, Any]],
    dataset: str,
    generated: bool,
    settings: Mapping[str, Any],
) -> None:
    """Write Table 5 or 13 four times.

    Args:
        measured: the networks' JSON files, in the order of ``runs``.
        reference: the published table.
        accuracies: csv file of the published accuracies at the task.
        number: of the table.
        runs: ``{"model", "seed", "label", "method", "reference"}`` of each network.
        dataset: name of the sentences' dataset.
        generated: whether a grammar wrote them.
        settings: ``layer, target, steps`` of the attributions.
    """
    published = read_published(reference, accuracies)
    keys = [*(column.key for column in COLUMNS), *FURTHER]
    lines = read_lines("text", runs, measured, keys, published, dataset=dataset)
    title = "do a network's words agree with their sentiment?"
    write_measure_table(
        lines,
        COLUMNS,
        title=f"Table {number}: {title}",
        caption=(
            "Agreement of word attributions with the words' own sentiment (sentences of "
            f"{dataset} that each network classifies correctly; integrated gradients of the "
            f"{settings['target']}); mean ± sample standard deviation over the seeds. Always "
            "aligned: accuracy and AUPRC of calling every word aligned."
        ),
        name=f"table{number:02d}",
        how_to_read=_how_to_read(dataset, generated, settings, any(x.published for x in lines)),
        published="Han et al. 2023, BERT and the Stanford Sentiment Treebank, means of three "
        "networks.",
        csv=csv,
        md=md,
        html=html,
        tex=tex,
        extra=FURTHER,
    )


def read_published(table: str | Path, accuracies: str | Path) -> dict[str, dict[str, float | None]]:
    """Return the published rows, called "kd 3" (a model and its layers), by our columns' keys."""
    found: dict[str, dict[str, float | None]] = {}
    for path, layers, columns in (
        (table, "student_layers", AGREEMENT),
        (accuracies, "layers", [column for column in COLUMNS if column.published]),
    ):
        names = [column.published or column.key for column in columns]
        for row in read_rows(path, ("model", layers, *names)):
            numbers = found.setdefault(f"{row['model']} {row[layers]}", {})
            for column, name in zip(columns, names, strict=True):
                numbers[column.key] = parse_number(row[name], path, name)
    return found


def _how_to_read(
    dataset: str, generated: bool, settings: Mapping[str, Any], has_published: bool
) -> list[str]:
    sentences = [
        f"The networks classify the sentences of **{escape_markdown(dataset)}** as very negative, "
        "negative, positive or very positive. Every word was attributed its part in the "
        f"{settings['target']} of the predicted class by integrated gradients along "
        f"{_LINES[settings['layer']]}, from a sentence of [PAD], in {settings['steps']} steps.",
        "Counted are the negative and positive words of the dev and test sentences that a network "
        "classifies correctly. A word is aligned if its polarity is its sentence's. **Accuracy**: "
        "share of words with a positive attribution if aligned, a negative one if not. **AUROC** "
        "and **AUPRC** (average precision): of the attribution as a score of being aligned, over "
        "all these words together.",
        "**Always aligned**: share of aligned words, the accuracy and the AUPRC of calling every "
        "word aligned (AUROC 0.5). A network that does not beat it has shown nothing. It "
        "differs between networks, because they classify other sentences correctly.",
        "**Task accuracy**: share of test sentences classified correctly.",
    ]
    if generated:
        sentences.append(
            "The sentences were written by a grammar (the sentiment world): this shows that the "
            "measurement works, and says nothing about language."
        )
    if has_published:
        sentences.append(
            "*Published* lines are the numbers of Han et al. 2023: BERT, the Stanford Sentiment "
            "Treebank, means of three networks; spread, base rate and the split of the task "
            "accuracy are not printed. In the whole treebank 0.665 of the dev and test words are "
            "aligned."
        )
    return sentences
