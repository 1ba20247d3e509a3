"""What the machine is: packages, device, precision, memory — the `environment` part of a run's record."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import torch

from similarity.errors import TrainingError
from similarity.run_format import Environment

PACKAGES = ("torch", "transformers", "sentence-transformers", "accelerate", "datasets", "numpy", "pandas")
PRECISIONS = ("auto", "fp32", "bf16")


def describe(precision: str) -> Environment:
    """Return the environment of this process."""
    return Environment(
        python=platform.python_version(),
        packages={name: importlib.metadata.version(name) for name in PACKAGES},
        device=device_name(),
        threads=torch.get_num_threads(),
        precision=precision,
        commit=_commit(),
    )


def device_name() -> str:
    """Return `cuda (…)`, `mps` or `cpu (…)` with the processor's name and cores."""
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return "mps"
    return f"cpu ({_processor()}, {os.cpu_count()} cores)"


def choose_precision(wanted: str) -> str:
    """Return `bf16` or `fp32`; `auto` takes bf16 where the processor multiplies in it.

    Raises:
        TrainingError: no such precision.
    """
    if wanted not in PRECISIONS:
        raise TrainingError(f"--precision is one of {', '.join(PRECISIONS)}, but {wanted!r} came.")
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    # Without AMX or AVX512-BF16 the processor converts every number to fp32 and back, which is slower.
    capable = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bf16" if capable else "fp32"


def peak_memory_mb() -> float:
    """Return the largest memory so far in MB (10^6 bytes): the GPU's where one is used, else the process's."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    repository = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(repository), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
