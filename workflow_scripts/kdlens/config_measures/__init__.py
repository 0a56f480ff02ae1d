"""The measures of a config: what their schema cannot say.

A measure is a module of this package with a function ``resolve``, which completes and checks its
section of ``measures`` in place, and leaves one that the run has too little for without models.
"""

from __future__ import annotations

from typing import Any

from kdlens.config_measures import diffroar, entropy, five_band, loss_gradients, text

MEASURES: tuple[Any, ...] = (entropy, five_band, diffroar, loss_gradients, text)
"""The modules, in the order of the paper."""


def resolve_measures(config: dict[str, Any]) -> None:
    """Complete and check ``measures``, in place; models and datasets have been checked.

    Raises:
        InputError: at the first thing that is wrong.
    """
    for measure in MEASURES:
        measure.resolve(config)
