"""What is said where the kernels of a CPU are not the best that there are."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from crosslate.service import assembly
from crosslate.service.assembly import LocalEngines
from crosslate.service.loading import kernels
from crosslate.service.loading.kernels import kernel_isa, shortfall
from crosslate.service.logs.logging import create_logger
from crosslate.service.serving.metrics import ServiceMetrics
from crosslate.service.settings.config import LogSettings, ModelSettings
from crosslate.service.settings.replica_settings import ReplicaSettings

VNNI = frozenset({"avx2", "avx512_vnni"})
AMX = VNNI | {"amx_int8"}


@pytest.mark.parametrize(
    ("isa", "features", "said"),
    [
        ("amx", AMX, None),
        ("vnni", VNNI, None),
        ("vnni", AMX, "lends none of its tiles"),
        ("avx2", {"avx2"}, None),
        ("generic", set(), "no AVX2"),
        (None, AMX, "not compiled"),
    ],
)
def test_why_they_are_slower(
    monkeypatch: pytest.MonkeyPatch, isa: str | None, features: set[str], said: str | None
) -> None:
    monkeypatch.setattr(kernels, "load_library", lambda: isa and SimpleNamespace(isa=isa))
    monkeypatch.setattr(kernels, "cpu_features", lambda: features)
    monkeypatch.setattr(kernels, "is_arm", lambda: False)
    assert kernel_isa() == isa
    found = shortfall(isa)
    assert (found is None) == (said is None)
    assert found is None or (said or "") in found.reason


async def lines(monkeypatch: pytest.MonkeyPatch, *devices: str) -> list[dict[str, Any]]:
    """What a replica logs that has loaded models on these."""
    log = io.StringIO()

    async def loaded(settings: ModelSettings, *_: object) -> object:
        return SimpleNamespace(served=SimpleNamespace(device=settings.device))

    monkeypatch.setattr(assembly, "_load_one", loaded)
    models = [ModelSettings(id=f"m{n}", path="x", device=device) for n, device in enumerate(devices)]
    logger = create_logger(LogSettings(format="json"), log)
    await LocalEngines.load(models, ReplicaSettings(), ServiceMetrics(), logger)
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_a_replica_says_so_once_whatever_it_has_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "load_library", lambda: SimpleNamespace(isa="vnni"))
    monkeypatch.setattr(kernels, "cpu_features", lambda: AMX)
    (line,) = await lines(monkeypatch, "cpu", "cuda", "cpu")
    assert (line["event"], line["level"]) == ("kernels_slower", "warning")
    assert "AMX" in line["reason"]
    assert "arch_prctl" in line["remedy"]
    assert await lines(monkeypatch, "cuda") == []
    assert await lines(monkeypatch) == []
    monkeypatch.setattr(kernels, "cpu_features", lambda: VNNI)
    assert await lines(monkeypatch, "cpu") == []
