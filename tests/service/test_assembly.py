from __future__ import annotations

from pathlib import Path

import httpx

from service.assembly import LocalEngines, assemble_gateway
from service.config import LogSettings, ModelSettings, Settings
from service.logging import create_logger
from service.metrics import ServiceMetrics, render_metrics
from tests.models.conftest import SENTENCES
from tests.models.families.cases import BART_LIKE
from tests.models.families.parity import build_checkpoint


async def test_a_service_that_only_summarizes(tmp_path: Path) -> None:
    """No language pair at all: nothing may rely on there being one."""
    build_checkpoint(BART_LIKE[0], tmp_path / "bart")
    settings = Settings(models=(ModelSettings(id="bart", path=str(tmp_path / "bart")),))
    metrics, logger = ServiceMetrics(), create_logger(LogSettings(level="error"))
    engines = await LocalEngines.load(settings.models, settings.gateway, metrics, logger)

    async def metrics_text() -> bytes:
        return render_metrics({"r1": metrics.snapshot()})

    gateway = await assemble_gateway(
        settings,
        engines.served,
        metrics,
        metrics_text,
        logger,
        stopped_models=engines.stopped,
        server_echoes_request_id=False,
    )
    transport = httpx.ASGITransport(app=gateway.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/readyz")).status_code == 200
        (model,) = (await client.get("/v1/models")).json()["data"]
        assert (model["task"], model["pairs"]) == ("summarization", [])
        assert (await client.get("/v1/languages")).json() == {"data": []}
        body = {"text": "\n\n".join(SENTENCES), "alignment": "sentences"}
        answer = (await client.post("/v1/summarize", json=body)).json()
        assert answer["model"] == "bart"
        (summary,) = answer["summaries"]
        assert len(summary["chunks"]) > 1
        assert summary["alignment"]["sentences"]
        refused = await client.post("/v1/translate", json={"text": "a", "target_lang": "pt"})
        assert (refused.status_code, refused.json()["code"]) == (400, "unsupported_language_pair")
        detected = await client.post("/v1/detect", json={"text": "Good morning"})
        assert detected.json() == {"detections": [{"lang": "und", "confidence": 0.0}]}
        assert 'task="summarization"' in (await client.get("/metrics")).text
