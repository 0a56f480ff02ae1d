"""The measures stage: what else, beside concept detectors, says "interpretable"?

A measure computes numbers of one network, which its script writes as JSON.

``predictions``      outputs on the validation images, and ``entropy`` of these
``saliency``         gradients of a class's output
``five_band``        maps against the truth of drawn cells; ``five_band_summary``, ``_samples`` and
                     ``_yardsticks``: of many images, of a few to look at, and of no network
``diffroar``         accuracies of networks that are retrained on masked images; ``_ranks``,
                     ``_masks``, ``_retrain`` and ``_scores``: its steps
``loss_gradients``   gradients of the loss, on ``object_images``; ``alignment`` with the objects
``text_attribution`` integrated gradients of words; ``text_agreement`` with their sentiment

This package imports nothing by itself, so that torch is loaded only where it computes.
"""
