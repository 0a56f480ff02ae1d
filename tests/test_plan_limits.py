"""A limit of GPUs below what a job asks for is refused: Snakemake would lower the job's share."""

from __future__ import annotations

import pytest

from kdlens.errors import InputError
from kdlens.plan.limits import check_gpus

MODELS = {
    "teacher": {"training": {}, "gpus": 4},
    "student": {"training": {}, "gpus": 1},
    "mine": {"method": "checkpoint"},
}


def config(device: str = "auto", models: dict = MODELS) -> dict:
    return {"device": device, "models": models}


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_too_low_a_limit_is_one_line(device):
    with pytest.raises(InputError, match=r"gpu=0 leaves no GPU .*; write gpu=1 or more, or dev"):
        check_gpus(config(device), 0)
    for limit in (1, 3):
        with pytest.raises(InputError, match=rf"gpu={limit} is less than the 4 of .*teacher\.gpus"):
            check_gpus(config(device), limit)


def test_what_suffices_is_no_error():
    for limit in (None, 4, 8):
        check_gpus(config(), limit)
    for limit in (0, 1):
        check_gpus(config("cpu"), limit)
    check_gpus(config(models={"mine": MODELS["mine"]}), 1)
