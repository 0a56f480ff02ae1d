# Stage 4, measures: do the words that a network goes by agree with their sentiment?


rule measure_text_attribution:
    input:
        dataset=text.summary(CONFIG),
        tree=text.tree(CONFIG),
        vocabulary=text.vocabulary(CONFIG),
        model=f"{MODEL}/model.pt",
        library=library("measure_text_attribution"),
    output:
        json=f"{paths.measure(CONFIG, 'text')}.json",
        words=f"{paths.measure(CONFIG, 'text')}_words.csv",
    log:
        f"{paths.measure(CONFIG, 'text')}/logs/measure_text_attribution.log",
    benchmark:
        f"{paths.measure(CONFIG, 'text')}/benchmarks/measure_text_attribution.tsv"
    wildcard_constraints:
        model=one_of(text.models(CONFIG)),
        seed=one_of(text.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        measure=of_network(text_attribution.params),
    script:
        "../workflow_scripts/measure_text_attribution.py"
