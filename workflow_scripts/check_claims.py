"""The claims ledger: the paper's claims, each with this run's verdict, as json, md and html."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.files import write_json
from kdlens.paper.claims.evidence import Evidence
from kdlens.paper.claims.ledger import check
from kdlens.paper.claims.published import published_tables
from kdlens.paper.claims.read import read_claims
from kdlens.paper.claims.show import to_markdown
from kdlens.paper.page import write_page


def main(
    claims: str | Path,
    schema: str | Path,
    tables: Sequence[str | Path],
    published: Sequence[str | Path],
    json: str | Path,
    md: str | Path,
    html: str | Path,
    *,
    facts: Mapping[str, Mapping[str, Any]],
    level: float,
) -> None:
    """Check every claim and write the ledger three times.

    Args:
        claims, schema: the claims as data (YAML), and their schema.
        tables: csv files of the run's tables and figures; a claim finds its own by the stem.
        published: csv files of the paper's tables.
        json, md, html: the files to write.
        facts: what the config says of each model: alpha, temperature.
        level: false discovery rate of the verdicts.
    """
    listed = read_claims(claims, schema)
    run = {Path(table).stem: Evidence.of_run(table, facts) for table in tables}
    paper = published_tables(published)
    findings = check(listed["claims"], run, paper, level)
    found = {
        "level": level,
        "claims": [finding.as_dict() for finding in findings],
        "inconsistencies": listed["inconsistencies"],
    }
    write_json(json, found)
    write_page(to_markdown(findings, listed["inconsistencies"], level), md, html)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            claims=snakemake.input.claims,
            schema=snakemake.input.schema,
            tables=list(snakemake.input.tables),
            published=list(snakemake.input.published),
            **snakemake.output,
            **snakemake.params.claims,
        )
