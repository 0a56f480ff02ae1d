"""The measures beside dissection: their files, and what their rules are told.

A measure is a module of this package with the functions ``results``, ``paper_files`` and ``jobs``,
called with the config:

- ``results`` returns the files that its rules of the measures stage make;
- ``paper_files`` those that the paper stage makes of them (a file ``<name>.<ending>`` by the rule
  ``<name>``);
- ``jobs`` yields what the table of costs says of the stage's jobs (`kdlens.plan.jobs.job`).

A measure that the config has too little for makes no files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdlens.plan.jobs import Job
from kdlens.plan.measures import entropy, five_band, text
from kdlens.plan.paths import Config

MEASURES: tuple[Any, ...] = (entropy, five_band, text)
"""The modules, in the order of the paper."""


def results(config: Config) -> list[str]:
    return [file for measure in MEASURES for file in measure.results(config)]


def paper_files(config: Config) -> list[str]:
    return [file for measure in MEASURES for file in measure.paper_files(config)]


def jobs(config: Config) -> Iterator[Job]:
    for measure in MEASURES:
        yield from measure.jobs(config)
