# Stage 5, paper: the figures that compare models.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    figure02,
    figure03,
    figure04,
    figure05,
    figure09,
    figure10,


rule figure02:
    input:
        table=f"{RUN}/tables/table01.csv",
        library=library("figure02"),
    output:
        svg=report(
            f"{RUN}/figures/figure02.svg",
            caption="captions/figure02.rst",
            category="Figures",
            labels={"figure": "Figure 2: concept detectors"},
        ),
        pdf=f"{RUN}/figures/figure02.pdf",
        png=f"{RUN}/figures/figure02.png",
    log:
        f"{RUN}/figures/logs/figure02.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure02.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=figures.figure02_params(CONFIG),
    script:
        "../workflow_scripts/figure02.py"


rule figure03:
    input:
        maps=paths.activation_maps(CONFIG),
        library=library("figure03"),
    output:
        svg=report(
            f"{RUN}/figures/figure03.svg",
            caption="captions/figure03.rst",
            category="Figures",
            labels={"figure": "Figure 3: activation maps"},
        ),
        pdf=f"{RUN}/figures/figure03.pdf",
        png=f"{RUN}/figures/figure03.png",
    log:
        f"{RUN}/figures/logs/figure03.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure03.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        maps=figures.figure03_params(CONFIG),
        dataset=paper.dataset_names(CONFIG),
    script:
        "../workflow_scripts/figure03.py"


rule figure04:
    input:
        tallies=variants.tallies(CONFIG, "figure04"),
        metrics=variants.metrics(CONFIG, "figure04"),
        library=library("figure04"),
    output:
        svg=report(
            f"{RUN}/figures/figure04.svg",
            caption="captions/figure04.rst",
            category="Figures",
            labels={"figure": "Figure 4: a teacher with label smoothing"},
        ),
        pdf=f"{RUN}/figures/figure04.pdf",
        png=f"{RUN}/figures/figure04.png",
        csv=f"{RUN}/figures/figure04.csv",
    log:
        f"{RUN}/figures/logs/figure04.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure04.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=variants.figure04_params(CONFIG),
        caption=variants.figure04_caption(CONFIG),
    script:
        "../workflow_scripts/figure04.py"


rule figure05:
    input:
        tallies=variants.tallies(CONFIG, "figure05"),
        metrics=variants.metrics(CONFIG, "figure05"),
        library=library("figure05"),
    output:
        svg=report(
            f"{RUN}/figures/figure05.svg",
            caption="captions/figure05.rst",
            category="Figures",
            labels={"figure": "Figure 5: logit distillation added"},
        ),
        pdf=f"{RUN}/figures/figure05.pdf",
        png=f"{RUN}/figures/figure05.png",
        csv=f"{RUN}/figures/figure05.csv",
    log:
        f"{RUN}/figures/logs/figure05.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure05.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=variants.figure05_params(CONFIG),
        caption=variants.figure05_caption(CONFIG),
    script:
        "../workflow_scripts/figure05.py"


rule figure09:
    input:
        tallies=figures.curve_tallies(CONFIG, "figure09"),
        library=library("figure09"),
    output:
        svg=report(
            f"{RUN}/figures/figure09.svg",
            caption="captions/figure09.rst",
            category="Figures",
            labels={"figure": "Figure 9: detectors by quantile"},
        ),
        pdf=f"{RUN}/figures/figure09.pdf",
        png=f"{RUN}/figures/figure09.png",
        csv=f"{RUN}/figures/figure09.csv",
    log:
        f"{RUN}/figures/logs/figure09.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure09.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=figures.curve_params(CONFIG, "figure09"),
    script:
        "../workflow_scripts/figure09.py"


rule figure10:
    input:
        tallies=figures.curve_tallies(CONFIG, "figure10"),
        library=library("figure10"),
    output:
        svg=report(
            f"{RUN}/figures/figure10.svg",
            caption="captions/figure10.rst",
            category="Figures",
            labels={"figure": "Figure 10: detectors by IoU threshold"},
        ),
        pdf=f"{RUN}/figures/figure10.pdf",
        png=f"{RUN}/figures/figure10.png",
        csv=f"{RUN}/figures/figure10.csv",
    log:
        f"{RUN}/figures/logs/figure10.log",
    benchmark:
        f"{RUN}/figures/benchmarks/figure10.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=figures.curve_params(CONFIG, "figure10"),
    script:
        "../workflow_scripts/figure10.py"
