"""A tiny finished run in a tiny project: two datasets, a network, its dissection and a table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml
from project import ROOT

from kdlens.files import sha256_of, write_json
from kdlens.paper.manifest import build_manifest, config_as_yaml

RUN = Path("results/tiny")
DATA = "results/data"
CONFIG = {
    "run": "tiny",
    "results": "results",
    "title": "A tiny run",
    "training_data": {"name": "images", "source": "concept_world"},
    "concept_data": {"name": "concepts", "source": "folder", "path": "../shared/concepts"},
    "models": {
        "teacher": {"method": "cross_entropy", "seeds": [1]},
        "kd": {"method": "kd", "teacher": "teacher", "seeds": [1]},
        "chance": {"method": "random_init", "seeds": [1]},
    },
}


def job(rule: str, inputs: list[str], outputs: list[str], seed: int | None = None) -> dict:
    script = f"workflow_scripts/{rule}.py"
    return {
        "rule": rule,
        "seed": seed,
        "inputs": inputs,
        "outputs": outputs,
        "log": [f"results/tiny/logs/{rule}.log"],
        "code": [script, "workflow_scripts/kdlens/x.py"],
    }


def network(name: str, rule: str, *teachers: str) -> dict:
    folder = f"{RUN}/models/{name}/seed1"
    inputs = [f"{DATA}/images/tree", f"{DATA}/images/dataset.json", *teachers]
    return job(rule, inputs, [f"{folder}/model.pt", f"{folder}/metrics.json"], 1)


def dissection(name: str) -> dict:
    inputs = [f"{RUN}/models/{name}/seed1/model.pt", f"{DATA}/concepts/packed"]
    return job("dissect", inputs, [f"{RUN}/dissection/{name}/seed1/layer4.csv"], 1)


TEACHER = f"{RUN}/models/teacher/seed1/model.pt"
JOBS = {
    "render dataset=images": job("render", [], [f"{DATA}/images/tree"], 7),
    "check_images dataset=images": job(
        "check_images", [f"{DATA}/images/tree"], [f"{DATA}/images/dataset.json"]
    ),
    "check_concepts": job("check_concepts", [], [f"{DATA}/concepts/dataset.json"]),
    "pack": job("pack", [f"{DATA}/concepts/dataset.json"], [f"{DATA}/concepts/packed"]),
    "train_model model=teacher seed=1": network("teacher", "train_model"),
    "train_model model=kd seed=1": network("kd", "train_model", TEACHER),
    "initialise_model model=chance seed=1": network("chance", "initialise_model"),
    "dissect model=teacher seed=1": dissection("teacher"),
    "dissect model=kd seed=1": dissection("kd"),
    "dissect model=chance seed=1": dissection("chance"),
    "table01": job(
        "table01",
        [
            *(f"{RUN}/dissection/{name}/seed1/layer4.csv" for name in CONFIG["models"]),
            "config/reference/published.csv",
        ],
        [f"{RUN}/tables/table01.csv"],
    ),
}
FOLDERS = {f"{DATA}/images/tree", f"{DATA}/concepts/packed"}


def write_project(root: Path) -> None:
    """Write a project whose files say their own names, and copy what describes the real one."""
    names = ["Snakefile", "rules/a.smk", "workflow_scripts/kdlens/x.py", "uv.lock"]
    names += [f"workflow_scripts/{each['rule']}.py" for each in JOBS.values()]
    for name in {*names, "config/reference/published.csv"}:
        write(root / name, name)
    for name in ("CITATION.cff", "LICENSE"):
        shutil.copy(ROOT / name, root / name)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write_run(root: Path) -> dict:
    """Write the run into the project and return its manifest. The working directory is ``root``."""
    for each in JOBS.values():
        for path in each["outputs"]:
            if path not in FOLDERS:
                write(root / path, path)
    images, packed = root / f"{DATA}/images", root / f"{DATA}/concepts/packed"
    write(images / "tree/train/a/1.png", "an image")
    summary = {"name": "images", "kind": "image_folder", "root": f"{DATA}/images/tree"}
    write_json(images / "dataset.json", {**summary, "digest": "d1" * 32})
    summary = {"name": "concepts", "kind": "broden", "root": "../shared/concepts"}
    write_json(packed.parent / "dataset.json", {**summary, "digest": "d2" * 32})
    write(packed / "labels.bin", "labels")
    listed = {"labels.bin": {"bytes": 6, "sha256": sha256_of(packed / "labels.bin")}}
    write_json(packed / "packed.json", {"files": listed})
    said = {"torch": "2.15", "device": "cpu", "precision": "float32", "threads": [1]}
    for metrics in root.glob(f"{RUN}/models/*/seed1/metrics.json"):
        write_json(metrics, said)
    outputs = [path for each in JOBS.values() for path in each["outputs"]]
    manifest = build_manifest([path for path in outputs if path not in FOLDERS], CONFIG, JOBS, root)
    write_json(root / RUN / "manifest.json", manifest)
    write(root / RUN / "config.yaml", config_as_yaml(CONFIG))
    times = {
        name: {"seconds": 2.0, "memory_mib": 10.0, "record": "agrees"}
        | {"started": "2026-01-01T10:00:00+00:00", "ended": f"2026-01-01T10:00:{n:02}+00:00"}
        for n, name in enumerate(JOBS)
    }
    write_json(root / RUN / "jobs.json", {"jobs": times})
    return json.loads((root / RUN / "manifest.json").read_text("utf-8"))


def citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
