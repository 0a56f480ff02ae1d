"""The limits that Snakemake was given, and whether the jobs can do with them."""

from __future__ import annotations

from kdlens.errors import InputError
from kdlens.plan import models
from kdlens.plan.paths import Config


def check_gpus(config: Config, limit: int | None) -> None:
    """Refuse a limit below what some job asks for: Snakemake would lower that without a word.

    Args:
        limit: what ``--resources gpu=...`` says, None if it does not.

    Raises:
        InputError: if the limit is too low.
    """
    if limit is None or config["device"] == "cpu":
        return
    if limit < 1:
        raise InputError(
            f"--resources gpu={limit} leaves no GPU for the jobs that compute with torch; write "
            "gpu=1 or more, or device: cpu in the config to compute on the CPU"
        )
    most = max(models.trained(config), key=lambda name: models.gpus(config, name), default=None)
    if most is not None and models.gpus(config, most) > limit:
        wanted = models.gpus(config, most)
        raise InputError(
            f"--resources gpu={limit} is less than the {wanted} of config key models.{most}.gpus; "
            f"write --resources gpu={wanted} or more, or a smaller number there, or device: cpu in "
            "the config"
        )
