# Stage 5, paper: the report, which the reader opens first.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    report,


rule report:
    input:
        # Comes last: it says what the run took, and what made which file.
        manifest=f"{RUN}/manifest.json",
        cost=[f"{RUN}/cost.csv", f"{RUN}/cost.md"],
        claims=front_page.ledger(CONFIG),
        table=f"{RUN}/tables/table01.csv",
        shown=front_page.read(CONFIG),
        library=library("report"),
    output:
        html=front_page.page(CONFIG),
    log:
        f"{RUN}/logs/report.log",
    benchmark:
        f"{RUN}/benchmarks/report.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        page=lambda wildcards: front_page.params(
            CONFIG, ITEMS, config_files(), workflow.config_settings.config
        ),
        captions=lambda wildcards: captions_of(front_page.figures(CONFIG)),
    script:
        "../workflow_scripts/report.py"
