# Does knowledge distillation make a network more interpretable?
#
# From raw data to tables and figures in five stages: data, training, dissection, measures, paper.
# The config decides what is run: config/config.yaml (the demo) unless --configfile says otherwise.

from snakemake.utils import min_version

min_version("9.0")


if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/data_text.smk"
include: "rules/training.smk"
include: "rules/training_text.smk"
include: "rules/dissection.smk"
include: "rules/measures.smk"
include: "rules/paper.smk"


onstart:
    say_if_without_gpu()


onsuccess:
    remove_checkpoints()
    record_times()


localrules:
    all,
    data,
    training,
    dissection,
    measures,
    paper,
    concepts_known,


# What `snakemake` makes if no target is named: everything.
rule all:
    default_target: True
    input:
        rules.paper.input,


# The targets by stage.
rule data:
    input:
        datasets.summaries(CONFIG),
        text.summary(CONFIG),
        datasets.packed(CONFIG),


rule training:
    input:
        models.files(CONFIG, "metrics.json"),
        text.model_files(CONFIG, "metrics.json"),


rule dissection:
    input:
        dissections.all_tallies(CONFIG),


rule measures:
    input:
        measures.results(CONFIG),
