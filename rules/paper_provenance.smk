# Stage 5, paper: what made which file of a run, and what that took.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    write_manifest,
    cost,


rule write_manifest:
    input:
        files=[*results.manifest_inputs(CONFIG), *claims.files(CONFIG)],
        library=library("write_manifest"),
    output:
        manifest=f"{RUN}/manifest.json",
        config=f"{RUN}/config.yaml",
        html=report(
            f"{RUN}/provenance.html",
            caption="captions/manifest.rst",
            category="Provenance",
            labels={"file": "Code, packages, config and checksums"},
        ),
    log:
        f"{RUN}/logs/write_manifest.log",
    benchmark:
        f"{RUN}/benchmarks/write_manifest.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        config=CONFIG,
        jobs=lambda wildcards, input: jobs_behind(input.files),
    script:
        "../workflow_scripts/write_manifest.py"


rule cost:
    input:
        # Comes last, so that every other job has been measured.
        manifest=f"{RUN}/manifest.json",
        computed=cost.computed(CONFIG),
        library=library("cost"),
    output:
        csv=f"{RUN}/cost.csv",
        md=f"{RUN}/cost.md",
        html=report(
            f"{RUN}/cost.html",
            caption="captions/cost.rst",
            category="Provenance",
            labels={"file": "Cost: jobs, time and memory by rule"},
        ),
    log:
        f"{RUN}/logs/cost.log",
    benchmark:
        f"{RUN}/benchmarks/cost.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        jobs=cost.jobs(CONFIG),
    script:
        "../workflow_scripts/cost.py"
