"""Write the tables of ARTIFACT.md anew: claims, and figures and tables.

    make artifact
    python tools/artifact_tables.py --check

They follow from config/claims.yaml, config/items.yaml, the configs, the published numbers and the
shipped results (`kdlens.paper.artifact`). Ends with 0; with --check with 1 if the file is not
current, without changing it; with 2 if something that it is made from is not as it must be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow_scripts"))

from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.paper.artifact.document import parts, with_parts

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or check that they are current; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--project", type=Path, default=PROJECT, help="the project's folder")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    options = parser.parse_args(arguments)
    path = options.project / "ARTIFACT.md"
    try:
        text = path.read_text("utf-8")
        new = with_parts(text, parts(options.project))
    except (InputError, FileNotFoundError) as error:
        print(f"error: {path.name}: {error}", file=sys.stderr)
        return 2
    if new == text:
        print(f"{path.name} is current")
        return 0
    if options.check:
        print(f"{path.name} is not current; make artifact writes it anew")
        return 1
    write_text(path, new)
    print(f"{path.name}: its tables were written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
