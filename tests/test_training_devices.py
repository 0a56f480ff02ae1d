"""Which precision a device gets, and that equal seeds give equal numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdlens.errors import InputError
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
