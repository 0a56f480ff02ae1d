# Stage 5, paper: a run's results as they are shipped.


# Jobs of seconds are not worth a place in a cluster's queue.
localrules:
    ship,


rule ship:
    input:
        found=lambda wildcards: shipped.found(
            CONFIG, inputs_of(shipped.can_be_made(CONFIG))
        ),
        made=shipped.made(CONFIG),
        library=library("ship"),
    output:
        # Kept until the new ones are there.
        listing=update(shipped.listing(CONFIG)),
    log:
        f"{RUN}/logs/ship.log",
    benchmark:
        f"{RUN}/benchmarks/ship.tsv"
    conda:
        "../envs/paper.yaml"
    params:
        shipped=shipped.params(CONFIG),
    script:
        "../workflow_scripts/ship.py"
