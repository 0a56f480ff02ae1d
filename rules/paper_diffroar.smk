# Stage 5, paper: DiffROAR.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table04,
    diffroar_curves,


rule table04:
    input:
        results=diffroar.results(CONFIG),
        reference=f"{PUBLISHED_TABLES}/table04.csv",
        library=library("table04"),
    output:
        csv=f"{RUN}/tables/table04.csv",
        md=f"{RUN}/tables/table04.md",
        html=report(
            f"{RUN}/tables/table04.html",
            caption="captions/table04.rst",
            category="Tables",
            labels={"table": "Table 4: DiffROAR"},
        ),
        tex=f"{RUN}/tables/table04.tex",
    log:
        f"{RUN}/tables/logs/table04.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table04.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=diffroar.table_params(CONFIG),
    script:
        "../workflow_scripts/table04.py"


rule diffroar_curves:
    input:
        results=diffroar.results(CONFIG),
        library=library("diffroar_curves"),
    output:
        svg=report(
            f"{RUN}/figures/diffroar_curves.svg",
            caption="captions/diffroar_curves.rst",
            category="Figures",
            labels={"figure": "DiffROAR by the fraction removed"},
        ),
        pdf=f"{RUN}/figures/diffroar_curves.pdf",
        png=f"{RUN}/figures/diffroar_curves.png",
        csv=f"{RUN}/figures/diffroar_curves.csv",
    log:
        f"{RUN}/figures/logs/diffroar_curves.log",
    benchmark:
        f"{RUN}/figures/benchmarks/diffroar_curves.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=diffroar.table_params(CONFIG),
    script:
        "../workflow_scripts/diffroar_curves.py"
