"""The course of a training, one row an epoch: ``history.csv``.

Columns: ``epoch`` from 1, through all stages; ``learning_rate`` of the epoch's last step;
``train_loss``, the mean of its batches' losses as they were minimised, in training mode;
``val_top1`` (percent) and ``val_loss`` (cross-entropy) after the epoch, blank where it was not
evaluated; ``stage`` of the method, from 1, of which the last one trains the student.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdlens.training.epochs import write_epochs
from kdlens.training.evaluation import Evaluation

COLUMNS = ("epoch", "learning_rate", "train_loss", "val_top1", "val_loss", "stage")


@dataclass
class History:
    """What has happened so far."""

    rows: list[list[float | int | None]] = field(default_factory=list)
    evaluation: Evaluation | None = None
    """Of the latest epoch that was evaluated."""
    threads: list[int] = field(default_factory=list)
    """Numbers of CPU threads that computed, in order: one, unless the training was continued with
    another number; none on a GPU."""
    processes: list[int] = field(default_factory=list)
    """The same of the processes that trained together, on a CPU or on GPUs."""

    def add(
        self,
        epoch: int,
        learning_rate: float,
        loss: float,
        evaluation: Evaluation | None,
        stage: int,
    ) -> None:
        """Add the row of an epoch; its numbers are those of the module's columns."""
        top1, val_loss = (evaluation.top1, evaluation.loss) if evaluation else (None, None)
        self.rows.append([epoch, learning_rate, loss, top1, val_loss, stage])
        self.evaluation = evaluation or self.evaluation

    def write(self, path: str | Path) -> None:
        """Write ``history.csv``; errors as :func:`~kdlens.training.epochs.write_epochs`."""
        write_epochs(COLUMNS, self.rows, path)

    def state_dict(self) -> dict[str, Any]:
        """Return the history as plain data."""
        return {
            "rows": self.rows,
            "evaluation": self.evaluation and vars(self.evaluation),
            "threads": self.threads,
            "processes": self.processes,
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> History:
        """Return the history that :meth:`state_dict` described."""
        evaluation = state["evaluation"]
        return cls(
            list(state["rows"]),
            Evaluation(**evaluation) if evaluation else None,
            list(state["threads"]),
            list(state["processes"]),
        )
