# Stage 4, measures: DiffROAR.
#
# Nothing of a network that is finished is lost where a job is killed: see the script.


DIFFROAR = paths.measure(CONFIG, "diffroar")
DIFFROAR_RANDOM = diffroar.random_path(CONFIG)


rule measure_diffroar:
    input:
        model=f"{MODEL}/model.pt",
        dataset=of_model(models.dataset),
        tree=of_model(models.dataset_tree),
        library=library("measure_diffroar"),
    output:
        f"{DIFFROAR}.json",
    log:
        f"{DIFFROAR}/logs/measure_diffroar.log",
    benchmark:
        f"{DIFFROAR}/benchmarks/measure_diffroar.tsv"
    wildcard_constraints:
        model=one_of(diffroar.measured(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        measure=of_network(diffroar.network_params),
    script:
        "../workflow_scripts/measure_diffroar.py"


rule measure_diffroar_random:
    input:
        dataset=lambda wildcards: diffroar.random_dataset(CONFIG, wildcards.dataset),
        tree=lambda wildcards: diffroar.random_tree(CONFIG, wildcards.dataset),
        library=library("measure_diffroar"),
    output:
        f"{DIFFROAR_RANDOM}.json",
    log:
        f"{DIFFROAR_RANDOM}/logs/measure_diffroar_random.log",
    benchmark:
        f"{DIFFROAR_RANDOM}/benchmarks/measure_diffroar_random.tsv"
    wildcard_constraints:
        dataset=one_of(diffroar.random(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        measure=lambda wildcards: diffroar.random_params(CONFIG, wildcards.dataset),
    script:
        "../workflow_scripts/measure_diffroar.py"
