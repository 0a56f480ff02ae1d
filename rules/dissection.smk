# Stage 3, dissection: which units see concepts?


# Networks with other layers have other files, and so a rule of their own (usually there is one).
for GROUP in dissections.groups(CONFIG):

    rule:
        name:
            GROUP["rule"]
        input:
            model=f"{MODEL}/model.pt",
            concepts=datasets.packed(CONFIG),
            # The photographs, if they are too many to be packed.
            tree=datasets.tree(CONFIG, "concept_data"),
            library=library("dissect"),
        output:
            tallies=expand(
                "{folder}/{layer}{kind}.npz",
                folder=DISSECTION,
                layer=GROUP["layers"],
                kind=["", "_shuffled", "_top"],
            ),
            # The report offers the layer that the tables are about; the gallery shows all.
            units=report(
                f"{DISSECTION}/{GROUP['layers'][-1]}.csv",
                caption="captions/dissection_csv.rst",
                category="Units",
                labels={"network": "{model}, seed {seed}"},
            ),
            other_units=expand(
                "{folder}/{layer}.csv", folder=DISSECTION, layer=GROUP["layers"][:-1]
            ),
            shuffled=expand(
                "{folder}/{layer}_shuffled.csv",
                folder=DISSECTION,
                layer=GROUP["layers"],
            ),
        log:
            f"{DISSECTION}/logs/dissect.log",
        benchmark:
            f"{DISSECTION}/benchmarks/dissect.tsv"
        wildcard_constraints:
            model=one_of(GROUP["models"]),
            seed=one_of(models.seeds(CONFIG)),
        # On a cluster, several are one job (see config/profiles/slurm), one after the other.
        group:
            "dissection"
        conda:
            "../envs/dissection.yaml"
        threads: job("dissection", "threads")
        resources:
            **dissections.resources(CONFIG),
            mem_mb=job("dissection", "mem_mb"),
            runtime=job("dissection", "runtime"),
            gpu=gpus(),
            in_turn=1,
        params:
            dissection=of_network(dissections.params),
        script:
            "../workflow_scripts/dissect.py"


rule activation_maps:
    input:
        models=figures.figure03_networks(CONFIG),
        tallies=figures.figure03_tallies(CONFIG),
        concepts=datasets.packed(CONFIG),
        tree=datasets.tree(CONFIG, "concept_data"),
        library=library("activation_maps"),
    output:
        maps=paths.activation_maps(CONFIG),
    log:
        f"{RUN}/dissection/logs/activation_maps.log",
    benchmark:
        f"{RUN}/dissection/benchmarks/activation_maps.tsv"
    conda:
        "../envs/dissection.yaml"
    threads: job("dissection", "threads")
    resources:
        mem_mb=job("dissection", "mem_mb"),
        runtime=job("dissection", "runtime"),
        gpu=gpus(),
    params:
        maps=figures.maps_params(CONFIG),
    script:
        "../workflow_scripts/activation_maps.py"
