# Stage 5, paper: the tables.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table01,
    table01_comparison,
    hyper_parameters,
    table10,
    table11,


rule table01:
    input:
        tallies=tables.table01_tallies(CONFIG),
        metrics=tables.metrics(CONFIG),
        reference=PUBLISHED_TABLE01,
        library=library("table01"),
    output:
        csv=f"{RUN}/tables/table01.csv",
        md=f"{RUN}/tables/table01.md",
        html=report(
            f"{RUN}/tables/table01.html",
            caption="captions/table01.rst",
            category="Tables",
            labels={"table": "Table 1: concept detectors by model"},
        ),
        tex=f"{RUN}/tables/table01.tex",
    log:
        f"{RUN}/tables/logs/table01.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table01.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=tables.table01_params(CONFIG),
    script:
        "../workflow_scripts/table01.py"


rule table01_comparison:
    input:
        table=f"{RUN}/tables/table01.csv",
        reference=PUBLISHED_TABLE01,
        library=library("table01_comparison"),
    output:
        csv=f"{RUN}/tables/table01_comparison.csv",
        md=f"{RUN}/tables/table01_comparison.md",
        html=report(
            f"{RUN}/tables/table01_comparison.html",
            caption="captions/table01_comparison.rst",
            category="Tables",
            labels={"table": "Table 1: the changes against scratch"},
        ),
    log:
        f"{RUN}/tables/logs/table01_comparison.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table01_comparison.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=tables.table01_params(CONFIG),
    script:
        "../workflow_scripts/table01_comparison.py"


rule hyper_parameters:
    input:
        tallies=lambda wildcards: variants.tallies(CONFIG, f"table0{wildcards.number}"),
        metrics=lambda wildcards: variants.metrics(CONFIG, f"table0{wildcards.number}"),
        reference=lambda wildcards: variants.published(
            PUBLISHED_TABLES, wildcards.number
        ),
        scratch=PUBLISHED_TABLE01,
        library=library("hyper_parameters"),
    output:
        csv=f"{RUN}/tables/table0{{number}}.csv",
        md=f"{RUN}/tables/table0{{number}}.md",
        html=report(
            f"{RUN}/tables/table0{{number}}.html",
            caption="captions/hyper_parameters.rst",
            category="Tables",
            labels={"table": "Table {number}: other hyper-parameters"},
        ),
        tex=f"{RUN}/tables/table0{{number}}.tex",
    log:
        f"{RUN}/tables/table0{{number}}/logs/hyper_parameters.log",
    benchmark:
        f"{RUN}/tables/table0{{number}}/benchmarks/hyper_parameters.tsv"
    wildcard_constraints:
        number=one_of(variants.hyper_parameter_tables(CONFIG)),
    conda:
        "../envs/paper.yaml"
    params:
        table=lambda wildcards: variants.hyper_parameters_params(
            CONFIG, wildcards.number
        ),
    script:
        "../workflow_scripts/hyper_parameters.py"


rule table10:
    input:
        tallies=tables.table10_tallies(CONFIG),
        metrics=paper.metrics(CONFIG, tables.table10_rows(CONFIG)),
        reference=f"{PUBLISHED_TABLES}/table10.csv",
        library=library("table10"),
    output:
        csv=f"{RUN}/tables/table10.csv",
        md=f"{RUN}/tables/table10.md",
        html=report(
            f"{RUN}/tables/table10.html",
            caption="captions/table10.rst",
            category="Tables",
            labels={"table": "Table 10: the lower layers"},
        ),
        tex=f"{RUN}/tables/table10.tex",
    log:
        f"{RUN}/tables/logs/table10.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table10.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=tables.table10_params(CONFIG),
    script:
        "../workflow_scripts/table10.py"


rule table11:
    input:
        tallies=variants.tallies(CONFIG, "table11"),
        metrics=variants.metrics(CONFIG, "table11"),
        reference=f"{PUBLISHED_TABLES}/table11.csv",
        library=library("table11"),
    output:
        csv=f"{RUN}/tables/table11.csv",
        md=f"{RUN}/tables/table11.md",
        html=report(
            f"{RUN}/tables/table11.html",
            caption="captions/table11.rst",
            category="Tables",
            labels={"table": "Table 11: other architectures"},
        ),
        tex=f"{RUN}/tables/table11.tex",
    log:
        f"{RUN}/tables/logs/table11.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table11.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=variants.table11_params(CONFIG),
    script:
        "../workflow_scripts/table11.py"
