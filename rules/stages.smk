# The stages before the paper, and a target for each.


include: "data.smk"
include: "training.smk"
include: "dissection.smk"
include: "measures.smk"


localrules:
    data,
    training,
    dissection,
    measures,
    concepts_known,


rule data:
    input:
        datasets.summaries(CONFIG),
        datasets.packed(CONFIG),


rule training:
    input:
        models.files(CONFIG, "metrics.json"),


rule dissection:
    input:
        dissections.all_tallies(CONFIG),


rule measures:
    input:
        measures.results(CONFIG),
