# Stage 1, data: sentences with sentiment trees.


rule render_sentiment_world:
    input:
        library=library("render_sentiment_world"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/render_sentiment_world.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/render_sentiment_world.tsv"
    wildcard_constraints:
        dataset=one_of(text.dataset_names(CONFIG, "written")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=lambda wildcards: text.world(CONFIG),
    script:
        "../workflow_scripts/render_sentiment_world.py"


rule fetch_treebank:
    input:
        archive=text.archive(CONFIG),
        library=library("fetch_treebank"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/fetch_treebank.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/fetch_treebank.tsv"
    wildcard_constraints:
        dataset=one_of(text.dataset_names(CONFIG, "unpacked")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=lambda wildcards: text.source(CONFIG),
        downloads=f"{DATA}/{{dataset}}/download",
    script:
        "../workflow_scripts/fetch_treebank.py"


rule check_treebank:
    input:
        tree=text.tree(CONFIG),
        files=text.own_files(CONFIG),
        library=library("check_treebank"),
    output:
        summary=update(f"{DATA}/{{dataset}}/dataset.json"),
    log:
        f"{DATA}/{{dataset}}/logs/check_treebank.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/check_treebank.tsv"
    wildcard_constraints:
        dataset=one_of(text.dataset_names(CONFIG)),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        root=lambda wildcards: text.root(CONFIG),
        checks=lambda wildcards: text.checks(CONFIG),
    script:
        "../workflow_scripts/check_treebank.py"
