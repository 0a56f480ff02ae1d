# Stage 3, dissection: which units see concepts?


rule dissect:
    input:
        model=f"{MODEL}/model.pt",
        concepts=packed_concepts(),
        # The photographs, if they are too many to be packed.
        tree=dataset_tree("concept_data"),
        library=library("dissect"),
    output:
        tallies=expand(
            "{folder}/{layer}{kind}.npz",
            folder=DISSECTION,
            layer=LAYERS,
            kind=["", "_shuffled", "_top"],
        ),
        # The report offers the layer that the tables are about; the gallery shows all.
        units=report(
            f"{DISSECTION}/{TABLE_LAYER}.csv",
            caption="captions/dissection_csv.rst",
            category="Units",
            labels={"network": "{model}, seed {seed}"},
        ),
        other_units=expand("{folder}/{layer}.csv", folder=DISSECTION, layer=LAYERS[:-1]),
        shuffled=expand(
            "{folder}/{layer}_shuffled.csv", folder=DISSECTION, layer=LAYERS
        ),
    log:
        f"{DISSECTION}/logs/dissect.log",
    benchmark:
        f"{DISSECTION}/benchmarks/dissect.tsv"
    wildcard_constraints:
        model=one_of(MODELS),
        seed=seeds(),
    conda:
        "../envs/dissection.yaml"
    threads: job("dissection", "threads")
    resources:
        **dissection_resources(),
        mem_mb=job("dissection", "mem_mb"),
        runtime=job("dissection", "runtime"),
        gpu=gpus(),
    params:
        dissection=dissection_params,
    script:
        "../workflow_scripts/dissect.py"


rule activation_maps:
    input:
        models=figure03_files("models"),
        tallies=figure03_files("tallies"),
        concepts=packed_concepts(),
        tree=dataset_tree("concept_data"),
        library=library("activation_maps"),
    output:
        maps=f"{RUN}/dissection/activation_maps.npz",
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
        maps=maps_params(),
    script:
        "../workflow_scripts/activation_maps.py"
