# Stage 2, training: which networks?
#
# Whatever its method, a model ends as model.pt (a plain state_dict) and metrics.json.


# No network that may be dissected is trained before the concept dataset is known to be whole; but
# when it changes, nothing is trained again, since its content is not used. The dataset's summary as
# ancient() input would say so, but while Snakemake makes an ancient file anew, it leaves out jobs
# beyond it even if their results are missing (its issue 4166). So this mark, made once in a run,
# stands between the two: once it is there, no rule makes it.
rule concepts_known:
    input:
        datasets.summary(CONFIG, "concept_data"),
    output:
        touch(f"{RUN}/models/{{mark}}"),
    wildcard_constraints:
        mark=one_of(models.missing_mark(CONFIG)),


rule train_model:
    input:
        dataset=of_model(models.dataset),
        tree=of_model(models.dataset_tree),
        concepts=lambda wildcards: ancient(models.mark(CONFIG, wildcards.model)),
        teacher=of_model(models.teacher_file),
        library=library("train_model"),
    output:
        model=kept(f"{MODEL}/model.pt"),
        metrics=f"{MODEL}/metrics.json",
        history=f"{MODEL}/history.csv",
        recipe=f"{MODEL}/torchdistill.yaml",
    log:
        f"{MODEL}/logs/train_model.log",
    benchmark:
        f"{MODEL}/benchmarks/train_model.tsv"
    wildcard_constraints:
        model=one_of(models.trained(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    # Teachers first, since others wait for them.
    priority: of_model(models.urgency)
    conda:
        "../envs/training.yaml"
    threads: each_gpu(job("training", "threads"))
    resources:
        mem_mb=each_gpu(job("training", "mem_mb")),
        runtime=job("training", "runtime"),
        gpu=each_gpu(gpus()),
        # No param, since it does not change what is trained; not `gpu`, which may be cut.
        processes=each_gpu(1),
        decoders=of_model(models.decoders),
    params:
        model=of_network(models.params),
    script:
        "../workflow_scripts/train_model.py"


rule import_checkpoint:
    input:
        dataset=of_model(models.dataset),
        tree=of_model(models.dataset_tree),
        library=library("import_checkpoint"),
    output:
        model=f"{MODEL}/model.pt",
        metrics=f"{MODEL}/metrics.json",
    log:
        f"{MODEL}/logs/import_checkpoint.log",
    benchmark:
        f"{MODEL}/benchmarks/import_checkpoint.tsv"
    wildcard_constraints:
        model=one_of(models.by_method(CONFIG, "checkpoint")),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=of_network(models.params),
    script:
        "../workflow_scripts/import_checkpoint.py"


rule initialise_model:
    input:
        dataset=of_model(models.dataset),
        tree=of_model(models.dataset_tree),
        like=of_model(models.metrics_of_same_network),
        library=library("initialise_model"),
    output:
        model=f"{MODEL}/model.pt",
        metrics=f"{MODEL}/metrics.json",
    log:
        f"{MODEL}/logs/initialise_model.log",
    benchmark:
        f"{MODEL}/benchmarks/initialise_model.tsv"
    wildcard_constraints:
        model=one_of(models.by_method(CONFIG, "random_init")),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=of_network(models.params),
    script:
        "../workflow_scripts/initialise_model.py"
