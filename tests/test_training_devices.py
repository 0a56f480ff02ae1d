"""Which precision a device gets, and that equal seeds give equal numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdlens.errors import InputError
from kdlens.gpus import lease
from kdlens.training import devices

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("flags", "library", "precision"),
    [
        ("avx2 avx512f avx512_bf16", True, "bfloat16"),
        ("avx2 amx_bf16", True, "bfloat16"),
        ("avx2 avx512f", True, "float32"),  # emulated: the library says yes, but it is slow
        ("avx2 avx512_bf16", False, "float32"),
        ("avx2", False, "float32"),
    ],
)
def test_auto_precision_on_a_cpu_is_what_it_computes_natively(
    flags, library, precision, tmp_path, monkeypatch
):
    (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags} sse\n")
    monkeypatch.setattr(devices, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: library)
    assert devices.resolve_precision("auto", CPU) == precision
    assert devices.resolve_precision("float32", CPU) == "float32"
    assert devices.resolve_precision("bfloat16", CPU) == "bfloat16"


def test_auto_precision_without_cpu_information_is_float32(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "_CPU_INFO", tmp_path / "absent")
    assert devices.resolve_precision("auto", CPU) == "float32"


def test_unknown_names_are_errors():
    with pytest.raises(InputError, match="write auto, float32 or bfloat16"):
        devices.resolve_precision("float16", CPU)
    with pytest.raises(InputError, match="write auto, cpu or cuda"):
        devices.resolve_device("mps")


def test_the_same_seed_gives_the_same_numbers():
    def draw():
        devices.set_determinism(4, threads=1)
        return torch.rand(3).tolist(), np.random.random(3).tolist()  # noqa: NPY002

    assert draw() == draw()
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()


def test_a_job_with_a_gpu_that_torch_does_not_see_ends(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.resolve_device("auto").type == "cpu"
    for name in ("CUDA_VISIBLE_DEVICES", lease.PRETEND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lease, "_expected", [])
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    lease.lease(1, "device", "a test")
    with pytest.raises(InputError, match="given 3, but torch sees no GPU here; update the driver"):
        devices.resolve_device("auto")
    assert devices.resolve_device("cpu").type == "cpu"


def test_a_job_that_slurm_gives_no_gpu_says_so(monkeypatch, caplog):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    lease.lease(1, "device", "a test")
    assert "Slurm assigned no GPU to this job" in caplog.text
