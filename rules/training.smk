# Stage 2, training: which networks?
#
# Whatever its method, a model ends as model.pt (a plain state_dict) and metrics.json.


rule train_model:
    input:
        dataset=dataset_summary("training_data"),
        tree=dataset_tree("training_data"),
        # Nothing is trained before the concept dataset is known to be whole; its content is not used.
        checked=ancient(dataset_summary("concept_data")),
        teacher=teacher_file,
        library=library("train_model"),
    output:
        model=f"{MODEL}/model.pt",
        metrics=f"{MODEL}/metrics.json",
        history=f"{MODEL}/history.csv",
        recipe=f"{MODEL}/torchdistill.yaml",
    log:
        f"{MODEL}/logs/train_model.log",
    benchmark:
        f"{MODEL}/benchmarks/train_model.tsv"
    wildcard_constraints:
        model=trained_models(),
        seed=seeds(),
    priority: urgency
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=model_params,
    script:
        "../workflow_scripts/train_model.py"


rule import_checkpoint:
    input:
        dataset=dataset_summary("training_data"),
        tree=dataset_tree("training_data"),
        library=library("import_checkpoint"),
    output:
        model=f"{MODEL}/model.pt",
        metrics=f"{MODEL}/metrics.json",
    log:
        f"{MODEL}/logs/import_checkpoint.log",
    benchmark:
        f"{MODEL}/benchmarks/import_checkpoint.tsv"
    wildcard_constraints:
        model=models_by("checkpoint"),
        seed=seeds(),
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=model_params,
    script:
        "../workflow_scripts/import_checkpoint.py"


rule initialise_model:
    input:
        dataset=dataset_summary("training_data"),
        tree=dataset_tree("training_data"),
        like=same_network,
        library=library("initialise_model"),
    output:
        model=f"{MODEL}/model.pt",
        metrics=f"{MODEL}/metrics.json",
    log:
        f"{MODEL}/logs/initialise_model.log",
    benchmark:
        f"{MODEL}/benchmarks/initialise_model.tsv"
    wildcard_constraints:
        model=models_by("random_init"),
        seed=seeds(),
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=model_params,
    script:
        "../workflow_scripts/initialise_model.py"
