# What is known of a run as a whole, from its rules and its graph of jobs: what makes which file,
# with which caption; and what is done when the run starts and when it has ended well.

from types import SimpleNamespace

from jinja2 import Environment, StrictUndefined
from snakemake.io import get_flag_value, is_flagged
from snakemake.iocontainers import Wildcards
from snakemake.logging import logger

from kdlens.gpus.devices import visible_gpus
from kdlens.provenance.jobs import Times, update_times


def job_of(file):
    """Return the job that makes a file, as the manifest tells it; None if no script makes it."""
    for maker in workflow.rules:
        # Without a script: the mark that the concepts are known, whose rule makes it but once.
        if maker.script and maker.is_producer(file):
            wildcards = Wildcards(fromdict=maker.get_wildcards(file))
            given = maker.expand_input(wildcards)[0]
            library = [str(path) for path in given.get("library", [])]
            return {
                "name": provenance.job_name(maker.name, dict(wildcards.items())),
                "rule": maker.name,
                "seed": provenance.seed_of(CONFIG, maker.name, dict(wildcards.items())),
                "inputs": sorted({str(path) for path in given} - set(library)),
                "outputs": [str(path) for path in maker.expand_output(wildcards)[0]],
                "log": [str(path) for path in maker.expand_log(wildcards)],
                "code": [f"workflow_scripts/{Path(maker.script).name}", *library],
            }
    return None


def jobs_behind(files):
    """Return the jobs that make these files and all that goes into them, by name.

    By the rules alone, not by the graph: the process of a single job has no other jobs in its own.
    """
    jobs, seen = {}, set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in seen:
            job = job_of(file)
            seen |= {file, *(job["outputs"] if job else ())}
            if job:
                jobs[job.pop("name")] = job
                waiting += job["inputs"]
    return dict(sorted(jobs.items()))


def record_times():
    """Write when each job of this run's graph ran, from Snakemake's own records."""
    if not workflow.is_main_process:
        return
    times = {}
    for job in workflow.dag.jobs:
        if job.output:
            name = provenance.job_name(job.rule.name, job.wildcards_dict)
            record = workflow.persistence.metadata(job.output[0])
            times[name] = Times(
                job.rule.name,
                [str(path) for path in job.input],
                job.benchmark,
                record and dict(record.items()),
            )
    with told_without_traceback():
        update_times(f"{RUN}/jobs.json", times)


def inputs_of(files):
    """Return what the rules ask for that make these files; of their own code, none."""
    jobs = filter(None, map(job_of, files))
    return sorted({path for job in jobs for path in job["inputs"]})


def captions_of(files):
    """Return the captions of figures by their stems, as Snakemake's own report has them."""
    environment = Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    found = {}
    for file in files:
        for maker in workflow.rules:
            if not maker.is_producer(file):
                continue
            wildcards = Wildcards(fromdict=maker.get_wildcards(file))
            inputs, outputs = (
                maker.expand_input(wildcards)[0],
                maker.expand_output(wildcards)[0],
            )
            told = maker.expand_params(wildcards, inputs, outputs, None)[0]
            # The caption may be that of the figure in another format.
            flags = [
                get_flag_value(path, "report")
                for path in outputs
                if is_flagged(path, "report")
            ]
            for flag in flags:
                text = workflow.sourcecache.open(flag.caption).read()
                context = SimpleNamespace(params=told, input=inputs, config=config)
                rendered = environment.from_string(text).render(snakemake=context)
                found[Path(file).stem] = rendered
    return found


def say_if_without_gpu():
    """Say once a run, not once a job, that it computes on the CPU."""
    # On a cluster it is not this machine that computes.
    if CONFIG["device"] != "auto" or not workflow.local_exec:
        return
    with told_without_traceback():
        if not visible_gpus() and any(
            job.resources.get("gpu") for job in workflow.dag.needrun_jobs()
        ):
            logger.info("device: auto finds no NVIDIA GPU here and computes on the CPU")


def remove_checkpoints():
    """Remove what trainings and measures went on from, now that their results are accepted."""
    # Those of this run's graph alone: of another job that was broken off, a result may be there
    # and not yet accepted.
    if workflow.is_main_process:
        for job in workflow.dag.jobs:
            trains = job.rule.name in ("train_model", "train_text_model")
            if trains and Path(job.output.model).exists():
                Path(job.output.model).with_name("checkpoint.pt").unlink(
                    missing_ok=True
                )
            if job.rule.name.startswith("measure_") and Path(job.output[0]).exists():
                Path(job.output[0]).with_suffix(".partial.json").unlink(missing_ok=True)
