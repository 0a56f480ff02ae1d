"""The training stage: which networks?

Networks come from torchvision's families (:mod:`~kdlens.training.networks`). torchdistill trains
them from a generated recipe (:mod:`~kdlens.training.recipe`, :mod:`~kdlens.training.trainer`); they
can also be taken from a checkpoint (:mod:`~kdlens.training.weights`) or left as initialised
(:mod:`~kdlens.training.untrained`). Methods are in :mod:`~kdlens.training.methods`, networks that
read sentences in :mod:`~kdlens.training.text`.

This package imports nothing by itself, so that torch is loaded only where it computes.
"""
