# Stage 5, paper: what do we conclude?
#
# These rules read what the others measured and never import torch.


include: "paper_tables.smk"
include: "paper_figures.smk"
include: "paper_units.smk"
include: "paper_entropy.smk"
include: "paper_five_band.smk"
include: "paper_diffroar.smk"
include: "paper_loss_gradients.smk"
include: "paper_text.smk"
include: "paper_claims.smk"


# Only a run is shipped, and has a report with its cost and provenance; what is made from a shipped
# one does not.
if not CONFIG["from_reference"]:

    include: "paper_shipped.smk"
    include: "paper_report.smk"


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


rule paper:
    input:
        shipped.final_files(CONFIG),
