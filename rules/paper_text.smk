# Stage 5, paper: Tables 5 and 13 and some sentences, the attributions of words.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table05,
    table13,
    text_attributions,


rule table05:
    input:
        measured=text_attribution.files(
            CONFIG, text_attribution.rows(CONFIG, "table05")
        ),
        reference=f"{PUBLISHED_TABLES}/table05.csv",
        accuracies=f"{PUBLISHED_TABLES}/nlp_accuracy.csv",
        library=library("table05"),
    output:
        csv=f"{RUN}/tables/table05.csv",
        md=f"{RUN}/tables/table05.md",
        html=report(
            f"{RUN}/tables/table05.html",
            caption="captions/table05.rst",
            category="Tables",
            labels={"table": "Table 5: word attributions"},
        ),
        tex=f"{RUN}/tables/table05.tex",
    log:
        f"{RUN}/tables/logs/table05.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table05.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=text_attribution.table_params(CONFIG, "table05"),
    script:
        "../workflow_scripts/table05.py"


rule table13:
    input:
        measured=text_attribution.files(
            CONFIG, text_attribution.rows(CONFIG, "table13")
        ),
        reference=f"{PUBLISHED_TABLES}/table13.csv",
        accuracies=f"{PUBLISHED_TABLES}/nlp_accuracy.csv",
        library=library("table13"),
    output:
        csv=f"{RUN}/tables/table13.csv",
        md=f"{RUN}/tables/table13.md",
        html=report(
            f"{RUN}/tables/table13.html",
            caption="captions/table05.rst",
            category="Tables",
            labels={"table": "Table 13: word attributions by layers"},
        ),
        tex=f"{RUN}/tables/table13.tex",
    log:
        f"{RUN}/tables/logs/table13.log",
    benchmark:
        f"{RUN}/tables/benchmarks/table13.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        table=text_attribution.table_params(CONFIG, "table13"),
    script:
        "../workflow_scripts/table13.py"


rule text_attributions:
    input:
        words=text_attribution.figure_words(CONFIG),
        library=library("text_attributions"),
    output:
        svg=report(
            f"{RUN}/figures/text_attributions.svg",
            caption="captions/text_attributions.rst",
            category="Figures",
            labels={"figure": "Word attributions of some sentences"},
        ),
        pdf=f"{RUN}/figures/text_attributions.pdf",
        png=f"{RUN}/figures/text_attributions.png",
        csv=f"{RUN}/figures/text_attributions.csv",
    log:
        f"{RUN}/figures/logs/text_attributions.log",
    benchmark:
        f"{RUN}/figures/benchmarks/text_attributions.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        figure=text_attribution.figure_params(CONFIG),
    script:
        "../workflow_scripts/text_attributions.py"
