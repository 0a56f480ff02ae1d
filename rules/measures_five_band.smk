# Stage 4, measures: five-band scores of saliency maps on drawn cells (Table 3, Figures 6 and 7).


rule measure_five_band:
    input:
        dataset=of_model(models.dataset),
        # With the truth of every image.
        tree=of_model(models.dataset_tree),
        model=f"{MODEL}/model.pt",
        library=library("measure_five_band"),
    output:
        measure=f"{paths.measure(CONFIG, 'five_band')}.json",
        maps=f"{paths.measure(CONFIG, 'five_band')}.npz",
    log:
        f"{paths.measure(CONFIG, 'five_band')}/logs/measure_five_band.log",
    benchmark:
        f"{paths.measure(CONFIG, 'five_band')}/benchmarks/measure_five_band.tsv"
    wildcard_constraints:
        model=one_of(five_band.shown(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        measure=of_network(five_band.params),
    script:
        "../workflow_scripts/measure_five_band.py"


rule measure_five_band_yardsticks:
    input:
        dataset=five_band.dataset(CONFIG),
        tree=five_band.tree(CONFIG),
        library=library("measure_five_band_yardsticks"),
    output:
        measure=f"{paths.measures(CONFIG, 'five_band')}/yardsticks.json",
    log:
        f"{paths.measures(CONFIG, 'five_band')}/logs/measure_five_band_yardsticks.log",
    benchmark:
        f"{paths.measures(CONFIG, 'five_band')}/benchmarks/measure_five_band_yardsticks.tsv"
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
    params:
        measure=five_band.yardsticks_params(CONFIG),
    script:
        "../workflow_scripts/measure_five_band_yardsticks.py"
