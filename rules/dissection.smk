# Stage 3, dissection: which units see concepts?


rule dissect:
    input:
        model=f"{MODEL}/model.pt",
        concepts=dataset_summary("concept_data"),
        tree=dataset_tree("concept_data"),
        library=library("dissect"),
    output:
        tallies=expand(
            "{folder}/{layer}{labels}.npz",
            folder=DISSECTION,
            layer=LAYERS,
            labels=["", "_shuffled"],
        ),
        units=report(
            expand("{folder}/{layer}.csv", folder=DISSECTION, layer=LAYERS),
            caption="captions/dissection_csv.rst",
            category="Units",
            labels={"network": "{model}, seed {seed}"},
        ),
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
        concepts=dataset_summary("concept_data"),
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
