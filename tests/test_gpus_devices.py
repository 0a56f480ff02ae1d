"""Which GPUs there are and which of them a process may use, told without torch."""

from __future__ import annotations

import pytest

from kdlens.errors import InputError
from kdlens.gpus import devices
from kdlens.gpus.devices import Gpu, installed_gpus, parse_listing, visible_gpus

LISTING = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aa11)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bb22)
  MIG 3g.20gb     Device  0: (UUID: MIG-c1)
  MIG 3g.20gb     Device  1: (UUID: MIG-c2)
Unable to determine the device handle for gpu 0000:3B:00.0: Unknown Error
GPU 3: NVIDIA A100-SXM4-40GB (UUID: GPU-aa33)
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of which ``nvidia-smi`` tells what the test wants."""
    monkeypatch.setattr(devices, "_DRIVER", tmp_path / "proc")
    for name in ("CUDA_VISIBLE_DEVICES", devices.PRETEND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def tells(text: str, then: str = "exit 0") -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n{then}\n")
        program.chmod(0o755)

    return tells


def test_gpus_and_their_parts_are_read_and_one_that_is_lost_is_not():
    assert parse_listing(LISTING) == [
        Gpu(0, "GPU-aa11"),
        Gpu(1, "GPU-bb22", ("MIG-c1", "MIG-c2")),
        Gpu(3, "GPU-aa33"),
    ]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (None, ["GPU-aa11", "MIG-c1", "MIG-c2", "GPU-aa33"]),
        ("3, 0", ["GPU-aa33", "GPU-aa11"]),
        ("0,0,GPU-aa11", ["GPU-aa11"]),
        ("1", ["MIG-c1", "MIG-c2"]),
        ("MIG-c2", ["MIG-c2"]),
        ("MIG-GPU-bb22/1/0", ["MIG-GPU-bb22/1/0"]),
        ("GPU-aa3", ["GPU-aa33"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("0,-1,3", ["GPU-aa11"]),
    ],
)
def test_only_what_cuda_visible_devices_lists_is_used(machine, monkeypatch, listed, expected):
    machine(LISTING)
    if listed is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", listed)
    assert visible_gpus() == expected


@pytest.mark.parametrize("listed", ["2", "GPU-aa", "GPU-cc", "first"])
def test_what_is_listed_but_not_there_is_one_line(machine, monkeypatch, listed):
    machine(LISTING)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", f"0,{listed}")
    with pytest.raises(InputError, match=rf"CUDA_VISIBLE_DEVICES: '{listed}' is no GPU.*3 \(GPU-"):
        visible_gpus()


def test_without_a_driver_there_are_none_whatever_is_listed(machine, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert installed_gpus() == visible_gpus() == []


def test_a_program_without_its_driver_finds_none(machine):
    machine("NVIDIA-SMI has failed because it couldn't communicate with the driver.\n", "exit 9")
    assert visible_gpus() == []


def test_a_driver_that_hangs_is_one_line(machine, monkeypatch):
    machine("", "exec sleep 30")
    monkeypatch.setattr(devices, "_PATIENCE", 0.2)
    with pytest.raises(InputError, match=r"did not answer within 0\.2 seconds; repair the dr"):
        visible_gpus()


def test_without_the_program_the_driver_itself_is_read(machine, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    for bus, uuid in (("0000:3b:00.0", "GPU-0f-2"), ("0000:18:00.0", "GPU-0f-1")):
        (devices._DRIVER / bus).mkdir(parents=True)
        about = f"Model: \t\t NVIDIA A100\nGPU UUID: \t {uuid}\nBus Type: \t PCIe\n"
        (devices._DRIVER / bus / "information").write_text(about)
    assert visible_gpus() == ["GPU-0f-1", "GPU-0f-2"]
    (devices._DRIVER / bus / "information").write_text("GPU UUID: \t GPU-????????-????\n")
    with pytest.raises(InputError, match="does not say which GPU it is; install nvidia-smi"):
        visible_gpus()
