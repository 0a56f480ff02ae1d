"""What stands around the results: cost, provenance, how to make them again, what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.formats import counted
from kdlens.paper.gallery.document import escape
from kdlens.paper.manifest import computed_with
from kdlens.paper.reference import read_rows
from kdlens.paper.report.items import code, fold, text_of
from kdlens.paper.report.tables import read_table


def cost_html(table: Path, markdown: Path) -> str:
    """Return what the run took: in a sentence, and by rule.

    Args:
        table: ``cost.csv``.
        markdown: ``cost.md``, the same for readers.

    Raises:
        InputError: for a file that is missing or damaged.
    """
    rows = read_rows(table, ("jobs", "seconds_sum", "max_rss_mib", "device"))
    seconds = sum(float(row["seconds_sum"] or 0) for row in rows)
    memory = max((float(row["max_rss_mib"] or 0) for row in rows), default=0.0)
    devices = sorted({name for row in rows for name in row["device"].split(" and ")})
    read = read_table(text_of(markdown))
    said = (
        f"<p>{sum(int(row['jobs']) for row in rows):,} jobs took {_duration(seconds)} one by one "
        f"(side by side, less), at most {memory:,.0f} MiB of memory a job, on "
        f"{escape(' and '.join(devices))}. It is another number each time the run is made.</p>\n"
    )
    return said + fold("By rule", read.body) + fold("How to read it", read.notes)


def provenance_html(manifest: Mapping[str, Any]) -> str:
    """Return which code, packages, config and devices made the run, as a list."""
    git = manifest["git"]
    state = "unknown" if git["commit"] is None else git["commit"]
    if git["dirty"]:
        state += f", and {counted(len(git['changed']), 'file')} changed since"
    elif git["commit"] is None:
        state += f" ({git['note']})"
    packages = manifest["packages"]
    facts = {
        "Git commit": state,
        "sha256 of the workflow's files": manifest["source_sha256"],
        "sha256 of uv.lock": manifest["lock_sha256"] or "not there",
        "sha256 of config.yaml": manifest["config_sha256"],
        "Python": manifest["python"],
        "Platform": manifest["platform"],
        "Packages": ", ".join(f"{name} {packages[name]}" for name in packages if packages[name]),
        "Files with a checksum": f"{len(manifest['files']):,}",
    }
    for found in manifest["computed_on"]:
        said = computed_with(found)
        label = f"{counted(found['networks'], 'network')} computed with"
        facts[label] = f"{facts[label]}; {said}" if label in facts else said
    cells = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return f'<dl class="list">{cells}</dl>\n'


def again_html(run: str, commands: Mapping[str, str]) -> str:
    """Return how to make the run again, check it, and compare it with a shipped one."""
    steps = {
        "Everything (more cores: more jobs at a time)": commands["again"],
        "The same from the config with every default, whatever was said on the command line": (
            commands["same"]
        ),
        "Every table and figure from shipped results, where the repository has those of this run": (
            commands["shipped"]
        ),
        "Whether the files are those of the manifest, and a part comes out the same again": (
            f"make verify RUN={run}"
        ),
        "This run beside the shipped one, with tolerances": f"make compare RUN={run}",
    }
    return "".join(f"<p>{escape(text)}:</p>\n{code([line])}" for text, line in steps.items())


def lacking_html(items: Sequence[Mapping[str, Any]]) -> str:
    """Return the paper's figures and tables that the run does not have, and what makes them."""
    parts = []
    for item in items:
        name = f"<b>{escape(item['paper'])}</b> {escape(item['title'])}"
        if item["why"]:
            parts.append(f"<li>{name}. <em>Not made:</em> {escape(item['why'])}</li>")
            continue
        configs = ", ".join(f"<code>config/{escape(each)}.yaml</code>" for each in item["configs"])
        parts.append(f"<li>{name}. Made by {configs}.\n{code([item['command']])}</li>")
    return f'<ul class="lacking">{"".join(parts)}</ul>\n'


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
