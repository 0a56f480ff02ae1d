"""What an RO-Crate says of itself as a whole: authors, licence, paper, profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity

from kdlens.provenance.crate_entities import Entities, single

WORKFLOW_RO_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    WORKFLOW_RO_CRATE: ("Workflow RO-Crate", "1.0"),
}


def describe_crate(
    entities: Entities, citation: Mapping[str, Any], *, name: str, code: str, ended: str | None
) -> None:
    """Describe the root of the crate.

    Args:
        citation: the contents of ``CITATION.cff``.
        name: of the crate.
        code: the version of the workflow.
        ended: when the last job ended; of a run that does not know, the crate has the date at which
            it is written.
    """
    root = entities.crate.root_dataset
    root["name"] = name
    root["description"] = f"{abstract_of(citation)} Code: {code}."
    root["keywords"] = ", ".join(citation["keywords"])
    root["license"] = entities.add(
        licence_of(citation),
        "CreativeWork",
        name=f"{citation['license']} licence",
        identifier=citation["license"],
    )
    authors = [_author(entities, author) for author in citation["authors"]]
    root["author"] = single(authors)
    organizations = [author for author in authors if author.type == "Organization"]
    if organizations:
        root["publisher"] = organizations[0]
    papers = citation.get("references", [])
    root["citation"] = single([_paper(entities, paper) for paper in papers])
    if ended:
        entities.crate.datePublished = ended
    root["conformsTo"] = [
        entities.add(id_, "CreativeWork", name=profile, version=version)
        for id_, (profile, version) in PROFILES.items()
    ]
    metadata = entities.crate.metadata
    metadata["conformsTo"] = [{"@id": metadata.profile}, {"@id": WORKFLOW_RO_CRATE}]


def abstract_of(citation: Mapping[str, Any]) -> str:
    """Return what the project is in a few sentences, on one line."""
    return " ".join(citation["abstract"].split())


def licence_of(citation: Mapping[str, Any]) -> str:
    """Return the address of the licence's text, which stands for it in a crate."""
    return f"https://spdx.org/licenses/{citation['license']}"


def _author(entities: Entities, author: Mapping[str, str]) -> ContextEntity:
    if "name" in author:
        id_ = author.get("website", f"#author/{quote(author['name'])}")
        return entities.add(id_, "Organization", name=author["name"])
    name = f"{author['given-names']} {author['family-names']}"
    return entities.add(author.get("orcid", f"#author/{quote(name)}"), "Person", name=name)


def _paper(entities: Entities, paper: Mapping[str, Any]) -> ContextEntity:
    return entities.add(
        paper["url"],
        "ScholarlyArticle",
        name=paper["title"],
        datePublished=str(paper["year"]),
        author=[_author(entities, author) for author in paper["authors"]],
    )
