# Stage 2, training: the networks that read sentences.


rule fetch_bert:
    input:
        library=library("fetch_bert"),
    output:
        # Not temp(), though large: all runs share it.
        folder=directory(f"{DATA}/weights/{{published}}"),
    log:
        f"{DATA}/weights/{{published}}.job/logs/fetch_bert.log",
    benchmark:
        f"{DATA}/weights/{{published}}.job/benchmarks/fetch_bert.tsv"
    wildcard_constraints:
        published=one_of(text.pretrained_names(CONFIG)),
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=lambda wildcards: CONFIG["text"]["pretrained"],
    script:
        "../workflow_scripts/fetch_bert.py"


rule text_vocabulary:
    input:
        dataset=text.summary(CONFIG),
        tree=text.tree(CONFIG),
        published=text.pretrained(CONFIG),
        library=library("text_vocabulary"),
    output:
        vocabulary=text.vocabulary(CONFIG),
    log:
        f"{RUN}/text/logs/text_vocabulary.log",
    benchmark:
        f"{RUN}/text/benchmarks/text_vocabulary.tsv"
    conda:
        "../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        vocabulary=lambda wildcards: text.vocabulary_params(CONFIG),
    script:
        "../workflow_scripts/text_vocabulary.py"


rule train_text_model:
    input:
        dataset=text.summary(CONFIG),
        tree=text.tree(CONFIG),
        vocabulary=text.vocabulary(CONFIG),
        teacher=of_model(text.teacher_file),
        published=of_model(text.initial_weights),
        library=library("train_text_model"),
    output:
        model=kept(f"{MODEL}/model.pt"),
        metrics=f"{MODEL}/metrics.json",
        history=f"{MODEL}/history.csv",
    log:
        f"{MODEL}/logs/train_text_model.log",
    benchmark:
        f"{MODEL}/benchmarks/train_text_model.tsv"
    wildcard_constraints:
        model=one_of(text.models(CONFIG)),
        seed=one_of(text.seeds(CONFIG)),
    # Teachers first, since others wait for them.
    priority: of_model(text.urgency)
    conda:
        "../envs/training.yaml"
    threads: job("training", "threads")
    resources:
        mem_mb=job("training", "mem_mb"),
        runtime=job("training", "runtime"),
        gpu=gpus(),
    params:
        model=of_network(text.params),
    script:
        "../workflow_scripts/train_text_model.py"
