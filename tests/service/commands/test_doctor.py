from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import resource
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, NoReturn

import pytest
import torch

from crosslate.service.commands import doctor
from crosslate.service.commands.doctor import check_store
from crosslate.service.loading import kernels
from crosslate.service.settings.config import ModelSettings, Settings


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_python_and_packages_are_well_where_the_tests_run() -> None:
    assert doctor.check_python().status == "ok"
    assert doctor.check_packages().status == "ok"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda _: ["numpy>=2", 'no-such-package[extra]>=1; python_version > "3"'],
    )
    finding = doctor.check_packages()
    assert finding.status == "fail"
    assert finding.detail == "missing: no-such-package"
    assert finding.remedy


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"compiled"}, "ok"),
        ({"writing", "writable"}, "ok"),
        ({"writable"}, "warn"),
        ({"writing"}, "warn"),
    ],
    ids=["compiled", "to be compiled", "not to be written", "not writable"],
)
def test_bytecode(states: set[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "torch" / "__pycache__" / "__init__.cpython.pyc"
    file.parent.mkdir(parents=True)
    if "compiled" in states:
        file.touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: SimpleNamespace(cached=str(file)))
    monkeypatch.setattr(sys, "dont_write_bytecode", "writing" not in states)
    monkeypatch.setattr(os, "access", lambda *_: "writable" in states)
    finding = doctor.check_bytecode()
    assert finding.status == expected
    assert (finding.remedy is None) == (expected == "ok")


def test_what_is_not_installed_needs_no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert doctor.check_bytecode().status == "ok"


def test_torch_names_the_cpus_that_are_ours_not_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "available_cpus", lambda: 3)
    assert "CPUs for this process: 3," in doctor.check_torch().detail


def test_kernels_that_are_slower_than_they_might_be_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for isa, status in (("amx", "ok"), ("avx2", "ok"), ("generic", "warn"), (None, "warn")):
        monkeypatch.setattr(kernels, "kernel_isa", lambda isa=isa: isa)
        finding = doctor.check_kernels()
        assert finding.status == status
        assert (finding.remedy is None) == (status == "ok")


def test_on_arm_neither_is_missed_what_only_other_cpus_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch says `DEFAULT` of most of them: its AVX2 is not there."""
    monkeypatch.setattr(doctor, "is_arm", lambda: True)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    assert doctor.check_torch().status == "ok"
    monkeypatch.setattr(kernels, "is_arm", lambda: True)
    for isa, status in (("i8mm", "ok"), ("dotprod", "ok"), ("generic", "warn")):
        monkeypatch.setattr(kernels, "kernel_isa", lambda isa=isa: isa)
        finding = doctor.check_kernels()
        assert finding.status == status
        assert "AVX" not in f"{finding.detail} {finding.remedy}"


def test_a_port_in_use_is_a_failure_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "who_serves", lambda *_: "Crosslate 0.1.0 runs there")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        finding = doctor.check_port("127.0.0.1", port)
    assert finding.status == "fail"
    assert finding.detail == f"cannot listen on 127.0.0.1:{port}: Crosslate 0.1.0 runs there"
    assert "--port" in (finding.remedy or "")


def test_a_check_that_cannot_be_made_is_a_finding_and_ctrl_c_is_none() -> None:
    def fail(error: BaseException) -> NoReturn:
        raise error

    unmapped = ImportError("libtorch_cpu.so: failed to map segment from shared object")
    finding = doctor.checked(lambda: fail(unmapped))
    assert (finding.status, "too little memory" in finding.detail) == ("fail", True)
    with pytest.raises(KeyboardInterrupt):
        doctor.checked(lambda: fail(KeyboardInterrupt()))


def test_a_free_port_is_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert doctor.check_port("127.0.0.1", port).status == "ok"


def test_a_proxy_that_does_not_run_is_a_failure_and_a_missing_one_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binary = tmp_path / "haproxy"
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(binary))
    assert doctor.check_haproxy().status == "warn"
    binary.write_text("#!/bin/sh\nexit 1\n")
    binary.chmod(0o755)
    assert doctor.check_haproxy().status == "fail"


def test_a_model_is_there_or_says_what_to_do(tmp_path: Path) -> None:
    assert doctor.check_model(ModelSettings(id="starter/en-pt")).status == "ok"
    assert doctor.check_model(ModelSettings(id="mine", path=str(tmp_path))).status == "ok"
    missing = doctor.check_model(ModelSettings(id="mine", path=str(tmp_path / "none")))
    assert missing.line("model mine").startswith("fail  model mine: ")


def test_a_hub_model_that_is_not_downloaded_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    finding = doctor.check_model(ModelSettings(id="some-owner/some-model-that-nobody-has"))
    assert finding.status == "warn"
    assert "hf download" in (finding.remedy or "")


@pytest.mark.parametrize(
    ("available", "status"), [(None, "warn"), (doctor.GIB, "fail"), (9 * doctor.GIB, "ok")]
)
def test_memory(monkeypatch: pytest.MonkeyPatch, available: int | None, status: str) -> None:
    monkeypatch.setattr(doctor, "available_memory", lambda: available)
    assert doctor.check_memory().status == status


@pytest.mark.parametrize(("gib", "status"), [(3, "warn"), (6, "ok"), (None, "ok")])
def test_a_limit_of_addresses(monkeypatch: pytest.MonkeyPatch, gib: int | None, status: str) -> None:
    monkeypatch.setattr(doctor, "available_memory", lambda: 9 * doctor.GIB)
    limit = resource.RLIM_INFINITY if gib is None else gib * doctor.GIB
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    finding = doctor.check_memory()
    assert (finding.status, "ulimit -v" in finding.detail) == (status, status == "warn")


@pytest.mark.parametrize(("free", "total", "status"), [(1, 100, "fail"), (4, 100, "warn"), (50, 100, "ok")])
def test_disk(monkeypatch: pytest.MonkeyPatch, free: int, total: int, status: str) -> None:
    usage = Usage(total * doctor.GIB, (total - free) * doctor.GIB, free * doctor.GIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert doctor.check_disk(Path("/tmp")).status == status


def test_a_disk_where_ray_can_have_no_folder(tmp_path: Path) -> None:
    finding = doctor.check_disk(tmp_path / "none")
    assert (finding.status, finding.detail) == ("fail", f"there is no folder {tmp_path / 'none'}")
    assert "TMPDIR" in (finding.remedy or "")


@pytest.mark.parametrize(("size", "status"), [(64 * 2**20, "warn"), (2**30, "ok")])
def test_a_containers_small_shared_memory(monkeypatch: pytest.MonkeyPatch, size: int, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(size, 0, size))
    finding = doctor.check_shared_memory(Path("/"))
    assert finding.status == status
    assert doctor.check_shared_memory(Path("/nowhere")).status == "ok"


def test_the_store_is_looked_at_for_what_is_kept_without_keys(tmp_path: Path) -> None:
    """Documents and glossaries are on by default; without their folder the service starts all the same."""
    (tmp_path / "file").touch()
    kept = Settings(state_dir=tmp_path)
    assert check_store(kept).status == "ok"
    assert "the next start makes its tables" in check_store(kept).detail
    unusable = Settings(state_dir=tmp_path / "file" / "below")
    assert check_store(unusable).status == "warn"
    assert "writable" in (check_store(unusable).remedy or "")
    off = {"documents": {"enabled": False}, "glossaries": {"enabled": False}}
    assert "nothing is kept" in check_store(Settings.model_validate({"state_dir": tmp_path, **off})).detail


@pytest.mark.parametrize(("free", "status"), [(2**20, "fail"), (2**30, "ok")])
def test_a_disk_without_room_for_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, status: str
) -> None:
    """It may be another one than Ray's, and the database says nothing before it is written to."""
    asked: list[Path] = []

    def disk_usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(2**40, 2**40 - free, free)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    finding = doctor.check_state(Settings(state_dir=tmp_path / "not" / "there" / "yet"))
    assert (finding.status, asked) == (status, [tmp_path])
    elsewhere = {"store": {"url": "postgresql://db/crosslate"}, "documents": {"url": "s3://documents"}}
    assert "elsewhere" in doctor.check_state(Settings.model_validate(elsewhere)).detail
