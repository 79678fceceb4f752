from __future__ import annotations

import asyncio
import dataclasses
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from crosslate.models.errors import CheckpointError
from crosslate.service.logs.logging import create_logger
from crosslate.service.settings.config import LogSettings, ModelSettings, Settings
from crosslate.service.store.database import open_database
from crosslate.service.store.periods import month_of, utc_now
from crosslate.service.store.usage import Amount, UsageStore
from loadtests.in_process import in_process_client
from tests.models.conftest import SENTENCES
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.parity import build_checkpoint
from tests.service.auth.accounts import auth_settings


@asynccontextmanager
async def serving(folder: Path, **model: object) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with the real engine over this checkpoint."""
    settings = Settings(
        models=(ModelSettings.model_validate({"id": folder.name, "path": str(folder), **model}),),
        guard=False,  # random weights would have every sentence tried twice
    )
    async with in_process_client(settings) as client:
        yield client


async def test_a_service_that_only_summarizes(tmp_path: Path) -> None:
    """No language pair at all: nothing may rely on there being one."""
    build_checkpoint(BART_LIKE[0], tmp_path / "bart")
    async with serving(tmp_path / "bart") as client:
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


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "nllb"
    case = next(case for case in BART_LIKE if case.name == "m2m_100")
    codes = ("eng_Latn", "por_Latn")
    build_checkpoint(dataclasses.replace(case, special_tokens=(*case.special_tokens, *codes)), folder)
    path = folder / "tokenizer_config.json"
    changes = {"tokenizer_class": "NllbTokenizer", "src_lang": "eng_Latn"}
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


async def test_a_key_is_answered_by_its_models_only(nllb: Path, tmp_path: Path) -> None:
    settings = Settings(
        models=tuple(ModelSettings(id=name, path=str(nllb)) for name in ("first", "second")),
        auth=auth_settings(
            {"name": "all", "key": "key-for-all"},
            {"name": "one", "key": "key-for-one", "models": ["second"]},
        ),
        state_dir=tmp_path / "state",
        guard=False,
    )
    async with in_process_client(settings) as client:

        async def answer(key: str, **fields: object) -> httpx.Response:
            content = {"text": "Yes.", **SHORT, **fields}
            headers = {"Authorization": f"Bearer {key}"}
            return await client.post("/v1/translate", json=content, headers=headers)

        assert (await answer("key-for-all")).json()["model"] == "first"
        assert (await answer("key-for-one")).json()["model"] == "second"
        assert (await answer("key-for-one", model="first")).status_code == 403
    engine = open_database(None, tmp_path / "state")
    counted = UsageStore(engine).read(month_of(utc_now()))
    engine.dispose()
    assert {counter.key_name: amount for counter, amount in counted.items()} == {
        "all": Amount(1, 4),
        "one": Amount(1, 4),
    }


SHORT = {"source_lang": "en", "target_lang": "pt", "generation": {"max_new_tokens": 1}}
LINES = "\n".join(["Yes.", "No."] * 32)
FEW_PLACES = {"max_slots": 32, "target_batch": 24, "max_waiting": 8, "num_engines": 2}


async def test_a_large_request_is_served_and_refuses_nobody(nllb: Path) -> None:
    async with serving(nllb, **FEW_PLACES) as client:
        large = asyncio.create_task(client.post("/v1/translate", json={"text": [LINES[:143]] * 128, **SHORT}))
        statuses = []
        while not large.done():
            answer = await client.post("/v1/translate", json={"text": "Yes.", **SHORT})
            statuses.append(answer.status_code)
        answer = await large
        assert answer.status_code == 200, answer.text
        assert [len(t["segments"]) for t in answer.json()["translations"]] == [32] * 128
        assert len(statuses) > 10
        assert set(statuses) == {200}


async def test_streams_and_alignments_of_large_texts_are_not_refused_halfway(nllb: Path) -> None:
    async with serving(nllb, **FEW_PLACES) as client:
        long = {"text": "\n".join([LINES] * 4), "alignment": "links", **SHORT}
        streamed, plain, several = await asyncio.gather(
            client.post("/v1/translate", json={**long, "stream": True}),
            client.post("/v1/translate", json=long),
            client.post("/v1/translate", json={**long, "text": [LINES] * 4}),
        )
        assert (streamed.status_code, plain.status_code, several.status_code) == (200, 200, 200)
        last = streamed.text.strip().split("\n\n")[-1].split("\n")
        assert last[0] == "event: done"
        done = json.loads(last[1].removeprefix("data: "))
        assert done["translations"] == plain.json()["translations"]


async def test_a_full_service_refuses_a_request_as_a_whole_and_says_when_to_come_back(nllb: Path) -> None:
    async with serving(nllb, max_slots=1, max_waiting=1, num_engines=1) as client:
        body = {"text": LINES[:40], **SHORT}
        answers = await asyncio.gather(*(client.post("/v1/translate", json=body) for _ in range(6)))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {200, 429}
        for answer in answers:
            if answer.status_code == 429:
                assert answer.json()["code"] == "queue_full"
                assert int(answer.headers["retry-after"]) >= 1
        assert (await client.post("/v1/translate", json=body)).status_code == 200, "it is idle again"


async def test_the_log_says_which_model_does_not_load_and_why(tmp_path: Path) -> None:
    """On a cluster nobody else does: Serve begins anew, and `serve status` has the last try alone."""
    (tmp_path / "config.json").write_text('{"model_type": "marian"}')
    settings = Settings(models=(ModelSettings(id="broken", path=str(tmp_path)),))
    log = io.StringIO()
    with pytest.raises(CheckpointError) as raised:
        async with in_process_client(settings, create_logger(LogSettings(format="json"), log)):
            pass
    line = json.loads(log.getvalue())
    assert (line["event"], line["model"], line["reason"]) == ("model_failed", "broken", str(raised.value))
