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
include: "rules/graph.smk"


# With from_reference, the shipped results stand in for what these stages find.
if not CONFIG["from_reference"]:

    include: "rules/stages.smk"


include: "rules/paper.smk"


onstart:
    say_if_without_gpu()


onsuccess:
    remove_checkpoints()
    record_times()


localrules:
    all,
    paper,


# What `snakemake` makes if no target is named: everything.
rule all:
    default_target: True
    input:
        rules.paper.input,
