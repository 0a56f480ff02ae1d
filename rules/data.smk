# Stage 1, data: what do we look at?
#
# Every dataset ends as results/data/<name>/dataset.json, written by a check of the whole tree. What
# comes before depends on the source: rendered, unpacked, fetched, or a folder of the user's own.


rule render_world_images:
    input:
        library=library("render_world_images"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/render_world_images.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/render_world_images.tsv"
    wildcard_constraints:
        dataset=datasets("training_data", "rendered"),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=world("training_data"),
    script:
        "../workflow_scripts/render_world_images.py"


rule render_world_concepts:
    input:
        library=library("render_world_concepts"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/render_world_concepts.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/render_world_concepts.tsv"
    wildcard_constraints:
        dataset=datasets("concept_data", "rendered"),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=world("concept_data"),
    script:
        "../workflow_scripts/render_world_concepts.py"


rule unpack_images:
    input:
        archive=archive_file("training_data"),
        library=library("unpack_images"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/unpack_images.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/unpack_images.tsv"
    wildcard_constraints:
        dataset=datasets("training_data", "unpacked"),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=source("training_data"),
        downloads=f"{DATA}/{{dataset}}/download",
    script:
        "../workflow_scripts/unpack_images.py"


rule fetch_broden:
    input:
        archive=archive_file("concept_data"),
        library=library("fetch_broden"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/fetch_broden.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/fetch_broden.tsv"
    wildcard_constraints:
        dataset=datasets("concept_data", "unpacked"),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=source("concept_data"),
        downloads=f"{DATA}/{CONFIG['concept_data']['name']}/download",
    script:
        "../workflow_scripts/fetch_broden.py"


rule check_images:
    input:
        tree=dataset_tree("training_data"),
        files=own_files("training_data"),
        library=library("check_images"),
    output:
        # Kept until a new one is there: a failed check must not make anything look out of date.
        summary=update(f"{DATA}/{{dataset}}/dataset.json"),
    log:
        f"{DATA}/{{dataset}}/logs/check_images.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/check_images.tsv"
    wildcard_constraints:
        dataset=datasets("training_data", "rendered", "unpacked", "folder"),
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        root=lambda wildcards: dataset_root("training_data"),
        checks=image_checks(),
    script:
        "../workflow_scripts/check_images.py"


rule check_concepts:
    input:
        tree=dataset_tree("concept_data"),
        files=own_files("concept_data"),
        library=library("check_concepts"),
    output:
        summary=update(dataset_summary("concept_data")),
    log:
        f"{DATA}/{CONFIG['concept_data']['name']}/logs/check_concepts.log",
    benchmark:
        f"{DATA}/{CONFIG['concept_data']['name']}/benchmarks/check_concepts.tsv"
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        root=lambda wildcards: dataset_root("concept_data"),
        checks={
            "name": CONFIG["concept_data"]["name"],
        },
    script:
        "../workflow_scripts/check_concepts.py"


rule pack_concepts:
    input:
        concepts=dataset_summary("concept_data"),
        tree=dataset_tree("concept_data"),
        library=library("pack_concepts"),
    output:
        pack=directory(packed_concepts()),
    log:
        f"{packed_concepts()}.job/logs/pack_concepts.log",
    benchmark:
        f"{packed_concepts()}.job/benchmarks/pack_concepts.tsv"
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
        # Whether photographs are packed changes no result: a new limit packs nothing again.
        pixels_mib=round(1024 * CONFIG["dissection"]["pack_pixels_gib"]),
    params:
        pack=pack_params(),
    script:
        "../workflow_scripts/pack_concepts.py"
