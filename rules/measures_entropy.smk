# Stage 4, measures: entropy of the outputs, over all classes and within a category (Tables 2, 12
# and 14).


rule make_categories:
    input:
        dataset=datasets.summary(CONFIG, "training_data"),
        table=entropy.table_of_categories(CONFIG),
        library=library("make_categories"),
    output:
        categories=f"{DATA}/{{dataset}}/categories.csv",
    log:
        f"{DATA}/{{dataset}}/logs/make_categories.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/make_categories.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: 1
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
    params:
        categories=entropy.categories_params(CONFIG),
    script:
        "../workflow_scripts/make_categories.py"


rule predict:
    input:
        dataset=of_model(models.dataset),
        tree=of_model(models.dataset_tree),
        model=f"{MODEL}/model.pt",
        library=library("predict"),
    output:
        predictions=f"{paths.measure(CONFIG, 'logits')}.npz",
    log:
        f"{paths.measure(CONFIG, 'logits')}/logs/predict.log",
    benchmark:
        f"{paths.measure(CONFIG, 'logits')}/benchmarks/predict.tsv"
    wildcard_constraints:
        model=one_of(entropy.shown(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        predict=of_network(entropy.predict_params),
    script:
        "../workflow_scripts/predict.py"


rule measure_entropy:
    input:
        dataset=datasets.summary(CONFIG, "training_data"),
        categories=entropy.categories(CONFIG),
        predictions=f"{paths.measure(CONFIG, 'logits')}.npz",
        compared=entropy.compared(CONFIG),
        library=library("measure_entropy"),
    output:
        measure=f"{paths.measure(CONFIG, 'entropy')}.json",
    log:
        f"{paths.measure(CONFIG, 'entropy')}/logs/measure_entropy.log",
    benchmark:
        f"{paths.measure(CONFIG, 'entropy')}/benchmarks/measure_entropy.tsv"
    wildcard_constraints:
        model=one_of(entropy.shown(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: 1
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
    params:
        measure=of_network(entropy.params),
    script:
        "../workflow_scripts/measure_entropy.py"
