"""The Dockerfile in envs/ is what `snakemake --containerize` makes of the environments there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from project import ROOT
from test_workflow_environment import with_conda

pytestmark = pytest.mark.workflow


def test_the_dockerfile_is_what_snakemake_makes_of_the_environments(fresh, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--containerize"],
        cwd=fresh.folder,
        env={**os.environ, **with_conda(tmp_path / "conda")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    kept = (ROOT / "envs/Dockerfile").read_text("utf-8")
    assert run.stdout == kept, "envs/ has changed since: make dockerfile"
    for path in ROOT.glob("envs/*.yaml"):
        assert f"COPY envs/{path.name} /conda-envs/" in kept
