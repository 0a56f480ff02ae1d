# Stage 5, paper: what do we conclude?
#
# These rules read what the others measured and never import torch.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    table01,
    table01_comparison,
    figure02,
    figure03,
    figure04,
    figure05,
    figure09,
    figure10,
    hyper_parameters,
    table10,
    table11,
    gallery_index,
    write_manifest,
    cost,


rule table01:
    input:
        tallies=tables.table01_tallies(CONFIG),
        metrics=tables.metrics(CONFIG),
        reference=PUBLISHED,
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
        reference=PUBLISHED,
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
        maps=f"{RUN}/dissection/activation_maps.npz",
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


rule hyper_parameters:
    input:
        tallies=lambda wildcards: variants.tallies(CONFIG, f"table0{wildcards.number}"),
        metrics=lambda wildcards: variants.metrics(CONFIG, f"table0{wildcards.number}"),
        reference=lambda wildcards: variants.published(REFERENCE, wildcards.number),
        scratch=PUBLISHED,
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
        reference=f"{REFERENCE}/table10.csv",
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
        reference=f"{REFERENCE}/table11.csv",
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


rule concept_bars:
    input:
        tallies=lambda wildcards: paper.first_seed_file(CONFIG, wildcards.model, ".npz"),
        library=library("concept_bars"),
    output:
        svg=report(
            f"{RUN}/figures/concepts_{{model}}.svg",
            caption="captions/concept_bars.rst",
            category="Concepts",
            labels={"network": "{model}"},
        ),
        pdf=f"{RUN}/figures/concepts_{{model}}.pdf",
        png=f"{RUN}/figures/concepts_{{model}}.png",
    log:
        f"{RUN}/figures/{{model}}/logs/concept_bars.log",
    benchmark:
        f"{RUN}/figures/{{model}}/benchmarks/concept_bars.tsv"
    wildcard_constraints:
        model=one_of(CONFIG["paper"]["models"]),
    # One for each network (and layer): on a cluster, many are one job, one after the other.
    group:
        "pages"
    conda:
        "../envs/paper.yaml"
    resources:
        in_turn=1,
    params:
        network=lambda wildcards: paper.first_seed(CONFIG, wildcards.model),
        measured=lambda wildcards: paper.measured(CONFIG, [wildcards.model]),
        dataset=paper.dataset_names(CONFIG),
    script:
        "../workflow_scripts/concept_bars.py"


rule unit_grids:
    input:
        tallies=lambda wildcards: paper.first_seed_file(CONFIG, wildcards.model, ".npz"),
        top=lambda wildcards: paper.first_seed_file(CONFIG, wildcards.model, "_top.npz"),
        concepts=datasets.summary(CONFIG, "concept_data"),
        tree=datasets.tree(CONFIG, "concept_data"),
        library=library("unit_grids"),
    output:
        svg=f"{RUN}/figures/units_{{model}}.svg",
        pdf=f"{RUN}/figures/units_{{model}}.pdf",
        png=report(
            f"{RUN}/figures/units_{{model}}.png",
            caption="captions/unit_grids.rst",
            category="Best units",
            labels={"network": "{model}"},
        ),
    log:
        f"{RUN}/figures/{{model}}/logs/unit_grids.log",
    benchmark:
        f"{RUN}/figures/{{model}}/benchmarks/unit_grids.tsv"
    wildcard_constraints:
        model=one_of(CONFIG["paper"]["unit_grids"]["models"]),
    # One for each network (and layer): on a cluster, many are one job, one after the other.
    group:
        "pages"
    conda:
        "../envs/paper.yaml"
    resources:
        in_turn=1,
    params:
        network=lambda wildcards: paper.first_seed(CONFIG, wildcards.model),
        measured=lambda wildcards: paper.measured(CONFIG, [wildcards.model]),
        shown=figures.unit_grid_params(CONFIG),
        dataset=paper.dataset_names(CONFIG),
    script:
        "../workflow_scripts/unit_grids.py"


rule gallery:
    input:
        tallies=f"{DISSECTION}/{{layer}}.npz",
        top=f"{DISSECTION}/{{layer}}_top.npz",
        concepts=datasets.summary(CONFIG, "concept_data"),
        tree=datasets.tree(CONFIG, "concept_data"),
        library=library("gallery"),
    output:
        page=gallery.page(CONFIG),
    log:
        f"{RUN}/gallery/{{model}}/seed{{seed}}/{{layer}}/logs/gallery.log",
    benchmark:
        f"{RUN}/gallery/{{model}}/seed{{seed}}/{{layer}}/benchmarks/gallery.tsv"
    wildcard_constraints:
        model=one_of(CONFIG["models"]),
        seed=one_of(models.seeds(CONFIG)),
        layer=one_of(dissections.all_layers(CONFIG)),
    # One for each network (and layer): on a cluster, many are one job, one after the other.
    group:
        "pages"
    conda:
        "../envs/paper.yaml"
    resources:
        in_turn=1,
    params:
        gallery=lambda wildcards: gallery.page_params(
            CONFIG, wildcards.model, int(wildcards.seed), wildcards.layer
        ),
    script:
        "../workflow_scripts/gallery.py"


rule gallery_index:
    input:
        tallies=gallery.tallies(CONFIG),
        pages=gallery.pages(CONFIG),
        library=library("gallery_index"),
    output:
        page=f"{RUN}/gallery/index.html",
    log:
        f"{RUN}/gallery/logs/gallery_index.log",
    benchmark:
        f"{RUN}/gallery/benchmarks/gallery_index.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        index=gallery.index_params(CONFIG),
    script:
        "../workflow_scripts/gallery_index.py"


rule write_manifest:
    input:
        files=results.manifest_inputs(CONFIG),
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
        results.paper_files(CONFIG),
        f"{RUN}/manifest.json",
        f"{RUN}/cost.html",
