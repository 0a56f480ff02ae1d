# Stage 5, paper: the tables of entropies.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table02,
    table12,
    table14,


rule table02:
    input:
        measures=entropy.files(CONFIG),
        reference=f"{PUBLISHED_TABLES}/table02.csv",
        library=library("table02"),
    output:
        csv=f"{RUN}/tables/table02.csv",
        md=f"{RUN}/tables/table02.md",
        html=report(
            f"{RUN}/tables/table02.html",
            caption="captions/table02.rst",
            category="Tables",
            labels={"table": "Table 2: entropy of the outputs"},
        ),
        tex=f"{RUN}/tables/table02.tex",
    log:
        f"{RUN}/tables/logs/table02.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table02.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=entropy.table_params(CONFIG),
    script:
        "../workflow_scripts/table02.py"


rule table12:
    input:
        measures=entropy.files(CONFIG),
        reference=f"{PUBLISHED_TABLES}/table12.csv",
        library=library("table12"),
    output:
        csv=f"{RUN}/tables/table12.csv",
        md=f"{RUN}/tables/table12.md",
        html=report(
            f"{RUN}/tables/table12.html",
            caption="captions/table12.rst",
            category="Tables",
            labels={"table": "Table 12: entropy within a pair of classes"},
        ),
        tex=f"{RUN}/tables/table12.tex",
    log:
        f"{RUN}/tables/logs/table12.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table12.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=entropy.table_params(CONFIG),
    script:
        "../workflow_scripts/table12.py"


rule table14:
    input:
        categories=entropy.categories(CONFIG),
        reference=f"{PUBLISHED_TABLES}/table14.csv",
        library=library("table14"),
    output:
        csv=f"{RUN}/tables/table14.csv",
        md=f"{RUN}/tables/table14.md",
        html=report(
            f"{RUN}/tables/table14.html",
            caption="captions/table14.rst",
            category="Tables",
            labels={"table": "Table 14: classes by category"},
        ),
        tex=f"{RUN}/tables/table14.tex",
    log:
        f"{RUN}/tables/logs/table14.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table14.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=entropy.sizes_params(CONFIG),
    script:
        "../workflow_scripts/table14.py"
