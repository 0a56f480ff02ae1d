# Stage 4, measures: what else says "interpretable"?
#
# Each measure has a file of its own, with the same name as its section of the config.


include: "measures_entropy.smk"
include: "measures_five_band.smk"
include: "measures_diffroar.smk"
include: "measures_loss_gradients.smk"
include: "measures_text.smk"
