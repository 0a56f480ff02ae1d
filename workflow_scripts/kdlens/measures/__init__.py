"""The measures stage: what else, beside concept detectors, says "interpretable"?

A measure computes numbers of one network, which its script writes as JSON. This package imports
nothing by itself, so that torch is loaded only where it computes.
"""
