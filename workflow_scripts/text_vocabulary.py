"""Write the vocabulary by which networks read: learned from the training sentences, or published.

Rule text_vocabulary. One piece a line, see ``kdlens.training.text.pieces``.
"""

from pathlib import Path

from kdlens.data.treebank import read_treebank
from kdlens.files import write_text
from kdlens.training.text.pieces import PUBLISHED_FILE, Pieces, learn_vocabulary


def main(
    dataset: str | Path,
    vocabulary: str | Path,
    *,
    source: str,
    published: str | Path | None = None,
    size: int = 6000,
    min_frequency: int = 2,
    lower_case: bool = True,
) -> None:
    """Write ``vocabulary``.

    Args:
        dataset: ``dataset.json`` of the sentences.
        vocabulary: the file to write.
        source: ``learned`` or ``pretrained``.
        published: folder of the published network, whose vocabulary is taken if so.
        size, min_frequency, lower_case: of a learned one, see
            :func:`~kdlens.training.text.pieces.learn_vocabulary`.

    Raises:
        InputError: if the sentences are missing or damaged, or the published file is no vocabulary.
    """
    if source == "pretrained":
        assert published is not None
        Pieces.load(Path(published, PUBLISHED_FILE))
        write_text(vocabulary, Path(published, PUBLISHED_FILE).read_text("utf-8"))
        return
    sentences = [tree.words for tree in read_treebank(dataset)["train"]]
    pieces = learn_vocabulary(sentences, size, min_frequency, lower_case)
    write_text(vocabulary, "\n".join(pieces) + "\n")


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            dataset=snakemake.input.dataset,
            published=snakemake.input.get("published") or None,
            vocabulary=snakemake.output.vocabulary,
            **snakemake.params.vocabulary,
        )
