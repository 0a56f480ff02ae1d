"""Train one network with torchdistill: rule train_model.

Killed at any moment and started again, it goes on after the last complete epoch (``checkpoint.pt``
beside the model) and ends with the same bits as a training that was never interrupted. On a CPU
this holds if it goes on with the same number of threads; with another one it goes on all the same,
and the log and ``metrics.json`` say so.

The checkpoint stays when the job ends, since Snakemake may still throw its results away: the time
limit of a cluster can come in between, or a slow disk hide them. The workflow removes it when a run
has ended well.

With several GPUs it starts itself again, in one process for each (:mod:`kdlens.training.launch`).
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(
        snakemake.log[0],
        snakemake.params.model["device"],
        snakemake.resources.processes,
        f"models.{snakemake.params.model['name']}.gpus",
    )

import sys
import zlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from kdlens.architectures import same_network
from kdlens.config_processes import check_processes
from kdlens.data.image_folder import read_dataset
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.training.batch_norm import synchronise_batch_norm
from kdlens.training.checkpoints import fingerprint_of, remove_leftovers, save_weights
from kdlens.training.compiling import resolve_compile
from kdlens.training.datasets import HeldImages, Preprocess, loader_options
from kdlens.training.devices import (
    gpu_memory_errors,
    keep_freed_memory,
    resolve_device,
    resolve_precision,
    set_determinism,
)
from kdlens.training.evaluation import model_metrics
from kdlens.training.known_logits import KnownLogits, worth_knowing
from kdlens.training.launch import launch, run_worker
from kdlens.training.methods import Setting, build_method, needs_teacher
from kdlens.training.networks import initialise_network, load_network, require_classes
from kdlens.training.probe import Probe
from kdlens.training.processes import Processes
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.recipe import build_recipe, write_recipe
from kdlens.training.splits import hold_in_memory, open_split
from kdlens.training.trainer import Trainer


def main(
    dataset: str | Path,
    model: str | Path,
    metrics: str | Path,
    history: str | Path,
    recipe: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    method: Mapping[str, Any],
    training: Mapping[str, Any],
    image: Mapping[str, Any],
    teacher: str | Path | None = None,
    teacher_network: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 1,
    gpus: int = 1,
) -> None:
    """Train, and write the four files.

    Args:
        dataset: ``dataset.json`` of the training images.
        model: output, the weights (a plain state_dict).
        metrics: output, accuracy and provenance (JSON).
        history: output, one row an epoch (CSV).
        recipe: output, what torchdistill was given (YAML).
        name: the model's entry in the config.
        seed: of the initial weights, the order of the images and their augmentation.
        network, method, training, image: the specs of the config.
        teacher: the teacher's weights, for a method that has one.
        teacher_network: the teacher's network spec.
        device: auto, cpu or cuda.
        threads: CPU threads to compute with, in all processes together.
        gpus: how many GPUs (on a CPU, processes) share every batch.

    Raises:
        InputError: if method, teacher, network and dataset do not fit together, or the training
            diverges.
    """
    arguments = dict(locals())
    check_processes(method["name"], training, gpus, f"models.{name}.gpus")
    processes = Processes.current()
    if gpus != processes.size:
        launch(__file__, gpus, arguments)
        return
    threads = max(1, threads // gpus)
    set_determinism(seed, threads)
    keep_freed_memory()
    torch_device = resolve_device(device)
    precision = resolve_precision(training.get("precision", "auto"), torch_device)
    taught = needs_teacher(method["name"])
    if taught and (teacher is None or teacher_network is None):
        raise InputError(
            f"models.{name}: method {method['name']} needs a teacher; name another model's entry "
            "under teacher"
        )
    if not taught:
        teacher = teacher_network = None

    given_seed = seed
    if teacher_network is not None and same_network(network, teacher_network):
        # With the seed of its teacher it would start from the same weights, see the same batches,
        # and be its twin.
        seed = derived_seed(seed, Stream.GENERATION, zlib.crc32(name.encode()))

    data = read_dataset(dataset)
    classes = len(data["classes"])
    require_classes(network, classes, f"models.{name}")
    student = initialise_network(network, classes, seed)
    if gpus > 1:
        student = synchronise_batch_norm(student, torch_device)
    student.to(torch_device).to(memory_format=torch.channels_last)
    teacher_model = teacher_probe = teacher_sha256 = None
    if teacher is not None and teacher_network is not None:
        require_classes(teacher_network, classes, f"the teacher of models.{name}")
        teacher_model = load_network(teacher_network, classes, teacher, torch_device)
        teacher_model.to(memory_format=torch.channels_last)
        teacher_probe = Probe(teacher_model, teacher_network, image["size"])
        teacher_sha256 = sha256_of(teacher)

    augmentation = training.get("augmentation", "none")
    workers = training.get("workers", 0)
    held = hold_in_memory(training.get("in_memory", "auto"), data, image, augmentation=augmentation)
    where: dict[str, Any] = {
        "image": image,
        "held": held,
        "device": torch_device,
        "threads": threads,
    }
    train_images = open_split(dataset, "train", **where, augmentation=augmentation, seed=seed)
    val_images = open_split(dataset, "val", **where)

    chosen = build_method(
        method,
        Setting(
            name=name,
            seed=seed,
            student=Probe(student, network, image["size"]),
            teacher=teacher_probe,
            class_sizes=torch.bincount(train_images.labels.cpu(), minlength=classes).tolist(),
        ),
    )
    compiled = resolve_compile(
        training.get("compile", False), torch_device, chosen, f"models.{name}.training"
    )

    known_logits = (
        teacher_model is not None
        and chosen.asks_for_logits_only
        and worth_knowing(train_images, classes, training["epochs"])
    )

    # What the training depends on. Whether images are held or streamed is not among it, and
    # neither are the numbers of threads and GPUs: see kdlens.training.checkpoints.
    facts = {
        "seed": seed,
        "network": network,
        "method": method,
        "training": {k: v for k, v in training.items() if k not in ("in_memory", "workers")},
        "image": image,
        "dataset_digest": data["digest"],
        "teacher_network": teacher_network,
        "teacher_sha256": teacher_sha256,
        "device": torch_device.type,
        "precision": precision,
        "torch": str(torch.__version__),
        "torchdistill": version("torchdistill"),
    }
    made = build_recipe(
        chosen,
        training,
        images=len(train_images),
        seed=seed,
        loader=loader_options(train_images, workers, pin=torch_device.type == "cuda"),
        given={"model": name, "dataset": data["name"], "gpus": gpus, **facts},
        known_logits=known_logits,
    )
    if processes.first:
        write_recipe(made, recipe)
        remove_leftovers(Path(model).parent)
    processes.wait()
    preprocess = Preprocess(image, torch_device)
    if known_logits:
        assert teacher_model is not None and isinstance(train_images, HeldImages)
        with gpu_memory_errors(None):
            teacher_model = KnownLogits(teacher_model, train_images, preprocess, precision)
    trainer = Trainer(
        recipe,
        student,
        teacher_model,
        train_images,
        val_images,
        preprocess,
        workers=workers,
        evaluate_every=training.get("evaluate_every", 1),
        precision=precision,
        seed=seed,
        threads=threads if torch_device.type == "cpu" else None,
        compiled=compiled,
        processes=processes,
    )
    checkpoint = Path(model).with_name("checkpoint.pt")
    result = trainer.fit(checkpoint, fingerprint_of(facts, Path(__file__).resolve()))
    if not processes.first:
        return

    model_sha256 = save_weights(student, model)
    result.write(history)
    write_json(
        metrics,
        model_metrics(
            model=name,
            method=method["name"],
            seed=given_seed,
            network=student,
            classes=classes,
            evaluation=result.evaluation,
            epochs=training["epochs"],
            device=torch_device,
            precision=precision,
            threads=result.threads,
            processes=result.processes,
            image_size=image["size"],
            dataset=data,
            model_sha256=model_sha256,
            teacher_sha256=teacher_sha256,
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    params = dict(snakemake.params.model)
    params["training"] = {**params["training"], "workers": snakemake.resources.decoders}
    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            teacher=snakemake.input.get("teacher") or None,
            **snakemake.output,
            threads=snakemake.threads,
            gpus=snakemake.resources.processes,
            **params,
        )
elif __name__ == "__main__" and len(sys.argv) == 2:
    run_worker(main)
