# Stage 5, paper: the figures of loss gradients, and the table of their share on the object.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    loss_gradients,
    loss_gradients_figure,


rule loss_gradients:
    input:
        measures=loss_gradients.files(CONFIG),
        library=library("loss_gradients"),
    output:
        csv=f"{RUN}/tables/loss_gradients.csv",
        md=f"{RUN}/tables/loss_gradients.md",
        html=report(
            f"{RUN}/tables/loss_gradients.html",
            caption="captions/loss_gradients.rst",
            category="Tables",
            labels={"table": "Loss gradients on the object"},
        ),
        tex=f"{RUN}/tables/loss_gradients.tex",
    log:
        f"{RUN}/tables/logs/loss_gradients.log",
    benchmark:
        f"{RUN}/tables/benchmarks/loss_gradients.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=loss_gradients.table_params(CONFIG),
    script:
        "../workflow_scripts/loss_gradients.py"


rule loss_gradients_figure:
    input:
        maps=loss_gradients.maps(CONFIG, "{figure}"),
        library=library("loss_gradients_figure"),
    output:
        svg=report(
            f"{RUN}/figures/{{figure}}.svg",
            caption="captions/loss_gradients_figure.rst",
            category="Figures",
            labels={"figure": "{figure}: loss gradients"},
        ),
        pdf=f"{RUN}/figures/{{figure}}.pdf",
        png=f"{RUN}/figures/{{figure}}.png",
        csv=f"{RUN}/figures/{{figure}}.csv",
    log:
        f"{RUN}/figures/{{figure}}/logs/loss_gradients_figure.log",
    benchmark:
        f"{RUN}/figures/{{figure}}/benchmarks/loss_gradients_figure.tsv"
    wildcard_constraints:
        figure=one_of(loss_gradients.shown(CONFIG)),
    conda:
        "../envs/paper.yaml"
    params:
        figure=lambda wildcards: loss_gradients.figure_params(CONFIG, wildcards.figure),
    script:
        "../workflow_scripts/loss_gradients_figure.py"
