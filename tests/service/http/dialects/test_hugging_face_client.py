"""`InferenceClient` of `huggingface_hub`, and of `@huggingface/inference`, against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.fakes import (
    MODEL_ID,
    SUMMARIZER_ID,
    Service,
    create_service,
    served_model,
    unavailable,
)
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

SCRIPT = """
import { InferenceClient } from "@huggingface/inference";
const [url, translator, summarizer] = process.argv.slice(1);
const at = (model) => new InferenceClient("hf_secret", { endpointUrl: `${url}/hf/${model}` });
const parameters = { src_lang: "en_XX", tgt_lang: "pt_XX", generate_parameters: { num_beams: 2 } };
const caught = async (inputs) => {
  try { await at(translator).translation({ inputs }); } catch (error) { return error.message; }
};
console.log(JSON.stringify({
  one: await at(translator).translation({ inputs: "Olá", parameters }),
  several: await at(translator).translation({ inputs: ["a", "b"] }),
  summary: await at(summarizer).summarization({ inputs: "ab cd", parameters: { max_length: 20 } }),
  denied: await caught("denied"),
  full: await caught("full"),
}));
"""


@dataclass(frozen=True)
class Running:
    service: Service
    url: str

    def at(self, model: str) -> str:
        return f"{self.url}/hf/{model}"


@pytest.fixture(scope="module")
def under_way() -> Iterator[Running]:
    summarizer = replace(served_model(), id=SUMMARIZER_ID, task="summarization", pairs=())
    service = create_service(models=[served_model(), summarizer], dialects=DIALECTS)
    service.translator.failures |= {
        "denied": ServiceError("key_invalid", "This key is not known."),
        "full": unavailable(),
    }
    with running(service.app, service.close) as url:
        yield Running(service, url)


def test_python_translates_and_summarizes(under_way: Running) -> None:
    client = InferenceClient(model=under_way.at(MODEL_ID), token="hf_secret")
    result = client.translation(
        "Olá",
        src_lang="en_XX",
        tgt_lang="pt_XX",
        truncation="only_first",
        clean_up_tokenization_spaces=True,
        generate_parameters={"num_beams": 2, "max_length": 50},
    )
    assert result.translation_text == "OLÁ"
    assert client.translation("ab").translation_text == "AB"
    assert "hf_secret" not in under_way.service.log.getvalue()
    client = InferenceClient(model=under_way.at(SUMMARIZER_ID))
    assert client.summarization("ab cd", generate_parameters={"num_beams": 2}).summary_text == "AB"


def test_python_asks_after_a_models_health(under_way: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    client = InferenceClient(provider="hf-inference")
    assert client.health_check(under_way.at(MODEL_ID))
    assert not client.health_check(under_way.at("no/such/model"))
    monkeypatch.setattr(under_way.service.readiness, "check_probe", _stopped)
    assert not client.health_check(under_way.at(MODEL_ID))


def _stopped() -> None:
    raise ServiceError("model_unavailable", "No engine steps any more.", retry_after_s=10)


async def test_so_does_its_asynchronous_twin(under_way: Running) -> None:
    async with AsyncInferenceClient(model=under_way.at(MODEL_ID)) as client:
        assert (await client.translation("ab")).translation_text == "AB"


@pytest.mark.parametrize(("text", "status"), [("denied", 401), ("full", 429)])
def test_python_is_told_what_went_wrong(under_way: Running, text: str, status: int) -> None:
    with pytest.raises(HfHubHTTPError) as raised:
        InferenceClient(model=under_way.at(MODEL_ID)).translation(text)
    assert raised.value.response.status_code == status
    failure = under_way.service.translator.failures[text]
    assert str(failure) in str(raised.value)
    assert raised.value.response.headers["x-request-id"] in str(raised.value)


async def test_node_translates_summarizes_and_is_told(under_way: Running) -> None:
    require_package("@huggingface/inference")
    assert await run_node(SCRIPT, under_way.url, MODEL_ID, SUMMARIZER_ID) == {
        "one": {"translation_text": "OLÁ"},
        "several": [{"translation_text": "A"}, {"translation_text": "B"}],
        "summary": {"summary_text": "AB"},
        "denied": "Failed to perform inference: This key is not known.",
        "full": "Failed to perform inference: Too many requests wait.",
    }
