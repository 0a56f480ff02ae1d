# Stage 5, paper: what do we conclude?
#
# These rules read what the others measured and never import torch.


include: "paper_tables.smk"
include: "paper_figures.smk"
include: "paper_units.smk"
include: "paper_entropy.smk"
include: "paper_five_band.smk"
include: "paper_diffroar.smk"
include: "paper_loss_gradients.smk"
include: "paper_text.smk"
include: "paper_claims.smk"


# What is made from shipped results has no provenance, cost or report, and is not shipped again.
if not CONFIG["from_reference"]:

    include: "paper_provenance.smk"
    include: "paper_report.smk"
    include: "paper_shipped.smk"


rule paper:
    input:
        shipped.final_files(CONFIG),
