# The stages before the paper, and a target for each.


include: "data.smk"
include: "data_text.smk"
include: "training.smk"
include: "training_text.smk"
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
