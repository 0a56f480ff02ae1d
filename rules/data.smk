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
        dataset=one_of(datasets.image_names(CONFIG, "rendered")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=of_dataset(datasets.world),
    script:
        "../workflow_scripts/render_world_images.py"


rule render_cells:
    input:
        library=library("render_cells"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/render_cells.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/render_cells.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG, "drawn")),
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        cells=of_dataset(datasets.cells),
    script:
        "../workflow_scripts/render_cells.py"


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
        dataset=one_of(datasets.names(CONFIG, "concept_data", "rendered")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        world=datasets.world(CONFIG, "concept_data"),
    script:
        "../workflow_scripts/render_world_concepts.py"


rule unpack_images:
    input:
        archive=of_dataset(datasets.archive),
        library=library("unpack_images"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/unpack_images.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/unpack_images.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG, "unpacked")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=of_dataset(datasets.source),
        downloads=f"{DATA}/{{dataset}}/download",
    script:
        "../workflow_scripts/unpack_images.py"


rule unpack_torchvision:
    input:
        archive=of_dataset(datasets.archive),
        library=library("unpack_torchvision"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/unpack_torchvision.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/unpack_torchvision.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG, "torchvision")),
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=of_dataset(datasets.torchvision_source),
        downloads=f"{DATA}/{{dataset}}/download",
    script:
        "../workflow_scripts/unpack_torchvision.py"


rule fetch_broden:
    input:
        archive=datasets.archive(CONFIG, "concept_data"),
        library=library("fetch_broden"),
    output:
        tree=directory(f"{DATA}/{{dataset}}/tree"),
    log:
        f"{DATA}/{{dataset}}/logs/fetch_broden.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/fetch_broden.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.names(CONFIG, "concept_data", "unpacked")),
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        source=datasets.source(CONFIG, "concept_data"),
        downloads=f"{DATA}/{CONFIG['concept_data']['name']}/download",
    script:
        "../workflow_scripts/fetch_broden.py"


rule check_images:
    input:
        tree=of_dataset(datasets.tree),
        files=of_dataset(datasets.own_files),
        library=library("check_images"),
    output:
        # Kept until a new one is there: a failed check must not make anything look out of date.
        summary=update(f"{DATA}/{{dataset}}/dataset.json"),
    log:
        f"{DATA}/{{dataset}}/logs/check_images.log",
    benchmark:
        f"{DATA}/{{dataset}}/benchmarks/check_images.tsv"
    wildcard_constraints:
        dataset=one_of(datasets.image_names(CONFIG)),
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
    params:
        root=of_dataset(datasets.root),
        checks=of_dataset(datasets.image_checks),
    script:
        "../workflow_scripts/check_images.py"


rule check_concepts:
    input:
        tree=datasets.tree(CONFIG, "concept_data"),
        files=datasets.own_files(CONFIG, "concept_data"),
        library=library("check_concepts"),
    output:
        summary=update(datasets.summary(CONFIG, "concept_data")),
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
        root=lambda wildcards: datasets.root(CONFIG, "concept_data"),
        checks={"name": CONFIG["concept_data"]["name"]},
    script:
        "../workflow_scripts/check_concepts.py"


rule pack_concepts:
    input:
        concepts=datasets.summary(CONFIG, "concept_data"),
        tree=datasets.tree(CONFIG, "concept_data"),
        library=library("pack_concepts"),
    output:
        # Not temp(), though large: every later network reads it, and all runs share it.
        pack=directory(datasets.packed(CONFIG)),
    log:
        f"{datasets.packed(CONFIG)}.job/logs/pack_concepts.log",
    benchmark:
        f"{datasets.packed(CONFIG)}.job/benchmarks/pack_concepts.tsv"
    conda:
        "../envs/data.yaml"
    threads: job("data", "threads")
    resources:
        mem_mb=job("data", "mem_mb"),
        runtime=job("data", "runtime"),
        # Whether photographs are packed changes no result: a new limit packs nothing again.
        pixels_mib=round(1024 * CONFIG["dissection"]["pack_pixels_gib"]),
    params:
        pack=datasets.packing(CONFIG),
    script:
        "../workflow_scripts/pack_concepts.py"
