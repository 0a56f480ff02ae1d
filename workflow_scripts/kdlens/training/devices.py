"""Where and how precisely to compute: device, precision, determinism.

``bfloat16`` means automatic mixed precision: weights, gradients, optimiser state and losses stay
float32, while convolutions and matrix products are computed in bfloat16.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from kdlens.errors import InputError
from kdlens.gpus.lease import expected_gpus

_CPU_INFO = Path("/proc/cpuinfo")
# Names in malloc.h, and the largest number that mallopt takes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _NEVER = -1, -3, 2**31 - 1
_log = logging.getLogger(__name__)


def resolve_device(name: str) -> torch.device:
    """Return the device for ``auto`` (a GPU if there is one), ``cpu`` or ``cuda``.

    Raises:
        InputError: if cuda is asked for and absent, if the job was given a GPU and torch sees none,
            or for another name.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: '{name}' is not known; write auto, cpu or cuda")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise InputError(
            "device: cuda was asked for, but torch sees no GPU here; write auto or cpu, "
            "or check the driver and CUDA_VISIBLE_DEVICES"
        )
    if name == "auto" and not available and (given := expected_gpus()):
        raise InputError(
            f"device: this job was given {', '.join(given)}, but torch sees no GPU here; update "
            "the driver (python -c 'import torch; torch.zeros(1).cuda()' says what is wrong), or "
            "write device: cpu"
        )
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def resolve_precision(name: str, device: torch.device) -> str:
    """Return ``float32`` or ``bfloat16``.

    ``auto`` is bfloat16 where the device computes with it natively. (Elsewhere it is emulated: on a
    CPU without such instructions training is some fifteen times slower than in float32.)

    Raises:
        InputError: for another name.
    """
    if name == "auto":
        return "bfloat16" if _native_bfloat16(device) else "float32"
    if name not in ("float32", "bfloat16"):
        raise InputError(f"precision: '{name}' is not known; write auto, float32 or bfloat16")
    if name == "bfloat16" and not _native_bfloat16(device):
        _log.warning("precision: this %s has no bfloat16 arithmetic; auto is faster", device.type)
    return name


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        flags = _CPU_INFO.read_text()
    except OSError:
        return False
    # oneDNN also calls CPUs fit that have AVX-512 but must emulate bfloat16, so ask for both.
    native = "avx512_bf16" in flags or "amx_bf16" in flags
    return native and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def set_determinism(seed: int, threads: int) -> None:
    """Make the same seed give the same bits on the same machine; call before any computation.

    Sets the number of threads, seeds every generator, and chooses deterministic kernels; where CUDA
    has none for an operation, torch warns and goes on.
    """
    # Read when cuBLAS starts: a fixed workspace is what makes its products reproducible.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = False
    # float32 is meant where it is said: convolutions would have the mantissa of a float16.
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Deterministic mode would also fill new tensors, which costs time and only guards against bugs.
    # (The module's class has it as a property, which mypy does not see.)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    seed_generators(seed)


@contextlib.contextmanager
def gpu_memory_errors(key: str | None = "training.batch_size") -> Iterator[None]:
    """Say what to do where the GPU's memory does not suffice for a batch.

    Args:
        key: of the config, which gives the batch its size; None if the size is fixed.

    Raises:
        InputError: in place of torch's error.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        advice = f"write a smaller {key}" if key else "use a larger GPU, or write device: cpu"
        raise InputError(
            f"{key or 'device'}: the GPU's memory does not suffice "
            f"({str(error).splitlines()[0][:160]}); {advice}"
        ) from error


def keep_freed_memory() -> None:
    """Let this process keep the memory that a batch frees, for the next one.

    The C library gives large pieces back to the system at once, which then has to clear them anew:
    a sixth of the time of a ResNet-18's forward pass at 224 pixels on a CPU. For a job that does
    one thing and ends; where the C library is another one than glibc, nothing is changed.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        # Older versions refuse more than 32 MiB. Without the second, the first would do harm.
        if mallopt(_MMAP_THRESHOLD, _NEVER) or mallopt(_MMAP_THRESHOLD, 2**25):
            mallopt(_TRIM_THRESHOLD, _NEVER)


def seed_generators(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 (torchdistill's wrappers draw from the global one)
    torch.manual_seed(seed)
