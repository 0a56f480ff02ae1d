# Stage 4, measures: gradients of the loss with respect to the pixels (Figures 8 and 13).


rule render_world_masks:
    input:
        library=library("render_world_masks"),
    output:
        masks=f"{DATA}/{{dataset}}/val_masks.npz",
    log:
        f"{DATA}/{{dataset}}/logs/render_world_masks.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/render_world_masks.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG, "rendered")),
    conda:
        "../envs/measures.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=of_dataset(datasets.world),
    script:
        "../workflow_scripts/render_world_masks.py"


rule measure_loss_gradients:
    input:
        **loss_gradients.mask_files(CONFIG),
        model=f"{MODEL}/model.pt",
        library=library("measure_loss_gradients"),
    output:
        measure=f"{paths.measure(CONFIG, 'loss_gradients')}.json",
    log:
        f"{paths.measure(CONFIG, 'loss_gradients')}/logs/measure_loss_gradients.log",
    benchmark:
        f"{paths.measure(CONFIG, 'loss_gradients')}/benchmarks/measure_loss_gradients.tsv"
    wildcard_constraints:
        model=one_of(loss_gradients.measured(CONFIG)),
        seed=one_of(models.seeds(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        measure=of_network(loss_gradients.params),
    script:
        "../workflow_scripts/measure_loss_gradients.py"


rule loss_gradient_maps:
    input:
        unpack(lambda wildcards: loss_gradients.maps_inputs(CONFIG, wildcards.figure)),
        library=library("loss_gradient_maps"),
    output:
        maps=loss_gradients.maps(CONFIG, "{figure}"),
    log:
        f"{RUN}/measures/loss_gradients/{{figure}}/logs/loss_gradient_maps.log",
    benchmark:
        f"{RUN}/measures/loss_gradients/{{figure}}/benchmarks/loss_gradient_maps.tsv"
    wildcard_constraints:
        figure=one_of(loss_gradients.shown(CONFIG)),
    conda:
        "../envs/measures.yaml"
    threads: job("measures", "threads")
    resources:
        mem_mb=job("measures", "mem_mb"),
        runtime=job("measures", "runtime"),
        gpu=gpus(),
    params:
        maps=lambda wildcards: loss_gradients.maps_params(CONFIG, wildcards.figure),
    script:
        "../workflow_scripts/loss_gradient_maps.py"
