"""The dissection stage: which units of a network see which concepts?

Network Dissection (Bau et al., CVPR 2017) in exact form. For each unit (channel) of a layer, the
region where it is more active than it is in a fraction q of all places is compared with the
regions where people marked a concept; the overlap is an intersection over union.

- ``engine``: :func:`~kdlens.dissection.engine.dissect`, the whole measurement, for notebooks too.
- ``activations``, ``stream``, ``quantile``, ``upsample``, ``candidates``, ``tally``: its parts
  (these compute with torch).
- ``tallies``, ``detectors``, ``unit_table``: its result and what is read off it (numpy alone, so
  that tables and figures are made without torch).
- ``concept_maps``: the activation maps of a concept's best units, for the figure that shows them.

Nothing is imported here, so that the numpy-only modules stay light.
"""
