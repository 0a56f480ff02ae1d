# Stage 5, paper: single networks and their units.
#
# There is a job for each network, or layer: on a cluster, many of the group are one, in turn.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    gallery_index,


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
    group:
        "pages"
    conda:
        "../envs/paper.yaml"
    resources:
        in_turn=1,
    params:
        network=of_model(paper.first_seed),
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
    group:
        "pages"
    conda:
        "../envs/paper.yaml"
    resources:
        in_turn=1,
    params:
        network=of_model(paper.first_seed),
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
