"""The measures of interpretability beside dissection, each in modules of its own name."""
