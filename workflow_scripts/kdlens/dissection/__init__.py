"""The dissection stage: which units of a network see which concepts?

Network Dissection (Bau et al., CVPR 2017) in exact form. For each unit (channel) of a layer, the
region where it is more active than it is in a fraction q of all places is compared with the
regions where people marked a concept; the overlap is an intersection over union.

- ``engine``: :func:`dissect`, the whole measurement, for notebooks too; ``run`` and ``segments``:
  its two steps, and what they gather.
- ``network``, ``activations``, ``stream``, ``labels``, ``quantile``, ``blocks``, ``upsample``,
  ``tally``, ``precision``, ``parallel``: its parts (these compute with torch).
- ``tallies``, ``detectors``, ``unit_table``, ``top_images``: its results and what is read off them
  (numpy alone, so that tables and figures are made without torch).
- ``concept_maps``: the activation maps of a concept's best units, for the figure that shows them.

Nothing is imported here before it is asked for, so that the numpy-only modules stay light.
"""

import importlib
from typing import Any

__all__ = ["Dissection", "dissect"]


def __getattr__(name: str) -> Any:
    # By name: an import statement would make every script that uses the package depend on torch's
    # part of it (``kdlens.dependencies``).
    if name in __all__:
        return getattr(importlib.import_module("kdlens.dissection.engine"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
