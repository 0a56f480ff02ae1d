"""The measures beside dissection: their files, and what their rules are told.

A measure is a module of this package with the functions ``results``, ``paper_files`` and ``jobs``,
called with the config:

- ``results`` returns the files that its rules of the measures stage make;
- ``paper_files`` those that the paper stage makes of them (a file ``<name>.<ending>`` by the rule
  ``<name>``, or the one that ``shared_rules``, if the module has it, gives for the name; its
  benchmarks then lie in the folder ``<name>`` beside the file);
- ``jobs`` yields what the table of costs says of the stage's jobs (`kdlens.plan.jobs.job`).

A measure that the config has too little for makes no files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdlens.plan.jobs import Job
from kdlens.plan.measures import diffroar, entropy, five_band, loss_gradients, text
from kdlens.plan.paths import Config

MEASURES: tuple[Any, ...] = (entropy, five_band, diffroar, loss_gradients, text)
"""The modules, in the order of the paper."""


def results(config: Config) -> list[str]:
    """Return the files of the measures stage."""
    return [file for measure in MEASURES for file in measure.results(config)]


def paper_files(config: Config) -> list[str]:
    """Return the tables and figures of the measures."""
    return [file for measure in MEASURES for file in measure.paper_files(config)]


def shared_rules(config: Config) -> dict[str, str]:
    """Return the rules of files of the paper stage that have another name, by the files'."""
    found: dict[str, str] = {}
    for measure in MEASURES:
        found |= getattr(measure, "shared_rules", lambda config: {})(config)
    return found


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of the measures stage."""
    for measure in MEASURES:
        yield from measure.jobs(config)
