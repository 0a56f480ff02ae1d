# Stage 5, paper: five-band scores on drawn cells (Table 3, Figures 6, 7 and 11).


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table03,
    figure06,
    figure07,
    figure11,


rule table03:
    input:
        measures=five_band.files(CONFIG),
        yardsticks=five_band.yardsticks(CONFIG),
        reference=f"{PUBLISHED_TABLES}/table03.csv",
        library=library("table03"),
    output:
        csv=f"{RUN}/tables/table03.csv",
        md=f"{RUN}/tables/table03.md",
        html=report(
            f"{RUN}/tables/table03.html",
            caption="captions/table03.rst",
            category="Tables",
            labels={"table": "Table 3: five-band scores"},
        ),
        tex=f"{RUN}/tables/table03.tex",
    log:
        f"{RUN}/tables/logs/table03.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table03.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=five_band.table03_params(CONFIG),
    script:
        "../workflow_scripts/table03.py"


rule figure06:
    input:
        measures=five_band.figure06_files(CONFIG),
        library=library("figure06"),
    output:
        svg=report(
            f"{RUN}/figures/figure06.svg",
            caption="captions/figure06.rst",
            category="Figures",
            labels={"figure": "Figure 6: saliency on object and feature"},
        ),
        pdf=f"{RUN}/figures/figure06.pdf",
        png=f"{RUN}/figures/figure06.png",
        csv=f"{RUN}/figures/figure06.csv",
    log:
        f"{RUN}/figures/logs/figure06.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure06.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=five_band.figure06_params(CONFIG),
    script:
        "../workflow_scripts/figure06.py"


rule figure07:
    input:
        maps=five_band.figure07_maps(CONFIG),
        tree=five_band.tree(CONFIG),
        library=library("figure07"),
    output:
        svg=report(
            f"{RUN}/figures/figure07.svg",
            caption="captions/figure07.rst",
            category="Figures",
            labels={"figure": "Figure 7: saliency maps of drawn cells"},
        ),
        pdf=f"{RUN}/figures/figure07.pdf",
        png=f"{RUN}/figures/figure07.png",
    log:
        f"{RUN}/figures/logs/figure07.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure07.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=five_band.figure07_params(CONFIG),
    script:
        "../workflow_scripts/figure07.py"


rule figure11:
    input:
        tree=five_band.tree(CONFIG),
        library=library("figure11"),
    output:
        svg=report(
            f"{RUN}/figures/figure11.svg",
            caption="captions/figure11.rst",
            category="Figures",
            labels={"figure": "Figure 11: drawn cells"},
        ),
        pdf=f"{RUN}/figures/figure11.pdf",
        png=f"{RUN}/figures/figure11.png",
    log:
        f"{RUN}/figures/logs/figure11.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure11.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=five_band.figure11_params(CONFIG),
    script:
        "../workflow_scripts/figure11.py"
