"""The description against the code and the running application, and in the hands of a client generator."""

from __future__ import annotations

import ast
import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

import crosslate.service
from crosslate.service.http import openapi, problems
from crosslate.service.loading.loading import LocalModel
from crosslate.service.problems import PROBLEMS
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.auth.accounts import SECRET, auth_settings
from tests.service.http.fakes import create_service
from tests.service.http.starters import answer_of, ask, loaded_starters, paths_of, starter_client

EXAMPLES = [(operation, name) for operation, named in openapi.examples().items() for name in named]


@pytest.fixture(scope="module")
def starters() -> Iterator[list[LocalModel]]:
    with loaded_starters() as loaded:
        yield loaded


@pytest.fixture
async def starter(starters: list[LocalModel]) -> AsyncIterator[httpx.AsyncClient]:
    async with starter_client(starters) as client:
        yield client


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.describe(create_service().app, "", Settings())


async def test_it_is_served(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    assert (await client.get("/openapi.json")).json() == document


def check_alike(actual: Any, shown: Any, where: str) -> None:
    """The same members, texts, words and spans; scores as near as another processor may have them."""
    assert type(actual) is type(shown), where
    if isinstance(shown, dict):
        assert actual.keys() == shown.keys(), where
        for key, value in shown.items():
            is_another_each_time = key == "id" and not shown.keys().isdisjoint({"progress", "dictionaries"})
            if key not in {"version", "dtype", "created"} and not is_another_each_time:
                check_alike(actual[key], value, f"{where}.{key}")
    elif isinstance(shown, list):
        assert len(actual) == len(shown), where
        for number, (one, other) in enumerate(zip(actual, shown, strict=True)):
            check_alike(one, other, f"{where}.{number}")
    elif isinstance(shown, float):
        assert actual == pytest.approx(shown, abs=0.05), where
    elif where.endswith(".size_bytes"):
        assert actual == pytest.approx(shown, rel=0.01), where  # a model's card counts, too
    else:
        assert actual == shown, where


def events_of(text: str) -> list[Any]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [[name, json.loads(data.removeprefix("data: "))] for name, data in blocks]


@pytest.mark.parametrize(("operation", "name"), EXAMPLES)
async def test_an_example_is_what_the_service_answers(
    starter: httpx.AsyncClient, document: dict[str, Any], operation: str, name: str
) -> None:
    example = openapi.examples()[operation][name]
    response = await ask(starter, paths_of(document)[operation], dict(example))
    assert response.status_code == example["status"]
    assert response.headers["content-type"].split(";")[0] == example["media_type"]
    answer, shown = answer_of(response), example["answer"]
    if operation == "metrics":
        comments = [line for line in shown.splitlines() if line.startswith("#")]
        assert set(comments) <= set(answer.splitlines())
    elif example["media_type"] == "text/event-stream":
        check_alike(events_of(answer), events_of(shown), name)
    else:
        check_alike(answer, shown, name)


async def test_every_example_is_in_the_description(document: dict[str, Any]) -> None:
    for operation, (method, path) in paths_of(document).items():
        described = document["paths"][path][method.lower()]
        named = openapi.examples().get(operation, {})
        for name, example in named.items():
            answers = described["responses"][str(example["status"])]["content"][example["media_type"]]
            assert answers["examples"][name]["value"] == example["answer"]
            if "request" in example:
                requests, *_ = described["requestBody"]["content"].values()
                assert requests["examples"][name]["value"] == example["request"]
        # a file's bytes, and nothing
        is_bare = operation in {"fetch_document", "delete_document", "delete_glossary"}
        assert is_bare or any(example["status"] < 300 for example in named.values())


async def test_operations_have_names_tags_and_words(document: dict[str, Any]) -> None:
    assert set(paths_of(document)) == {
        *("translate", "summarize", "align", "detect"),
        *("create_glossary", "list_glossaries", "get_glossary", "get_entries", "delete_glossary"),
        *("send_document", "show_document", "fetch_document", "delete_document"),
        *("list_models", "list_languages", "livez", "readyz", "metrics", "version"),
    }
    tags = {tag["name"] for tag in document["tags"]}
    for methods in document["paths"].values():
        for described in methods.values():
            assert described["summary"]
            assert described["description"]
            assert set(described["tags"]) <= tags
    assert document["servers"][0]["url"] == "/"
    assert document["info"]["license"]["identifier"] == "Apache-2.0"


async def test_every_field_is_described(document: dict[str, Any]) -> None:
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if not described.get("description")
    ]
    assert missing == []
    assert all(schema.get("description") for schema in document["components"]["schemas"].values())


def raised_codes() -> set[str]:
    """The code of every `ServiceError` that the service can raise, from its source."""
    found: set[str] = set()
    for path in Path(crosslate.service.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ServiceError":
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    found.add(str(code.value))
    return found


def test_every_code_is_a_problem_and_every_problem_is_raised() -> None:
    routed = {"not_found", "method_not_allowed"}  # the router's
    assert PROBLEMS.keys() == raised_codes() | routed


def test_its_limits_and_its_need_of_keys_are_those_of_the_settings() -> None:
    limits = LimitSettings(max_texts=3, max_beams=4, max_new_tokens=50, max_timeout_s=60)
    settings = Settings(limits=limits, auth=auth_settings({"name": "a", "key": SECRET}))
    said = openapi.describe(create_service(settings).app, "", settings)
    schemas = said["components"]["schemas"]
    body, generation = schemas["TranslateBody"]["properties"], schemas["GenerationBody"]["properties"]
    assert body["text"]["oneOf"][1]["maxItems"] == 3
    assert (body["num_alternatives"]["minimum"], body["num_alternatives"]["maximum"]) == (0, 3)
    for name in ("TranslateBody", "AlignBody", "SummarizeBody"):
        assert schemas[name]["properties"]["timeout_s"]["anyOf"][0]["maximum"] == 60
    for name, most in {"num_beams": 4, "max_new_tokens": 50, "min_new_tokens": 100_000}.items():
        assert generation[name]["anyOf"][0]["maximum"] == most
    assert said["paths"]["/v1/translate"]["post"]["security"] == [{"key": []}]
    assert "security" not in said["paths"]["/livez"]["get"]


async def test_each_operation_lists_its_problems_by_status(document: dict[str, Any]) -> None:
    for operation, codes in {
        "translate": problems.TRANSLATE,
        "summarize": problems.SUMMARIZE,
        "align": problems.ALIGN,
        "detect": problems.DETECT,
        "send_document": problems.SEND_DOCUMENT,
        "show_document": problems.ASK_DOCUMENT,
        "fetch_document": problems.FETCH_DOCUMENT,
        "readyz": problems.READY,
    }.items():
        method, path = paths_of(document)[operation]
        responses = document["paths"][path][method.lower()]["responses"]
        for code in codes:
            response = responses[str(PROBLEMS[code].status)]
            assert f"`{code}`" in response["description"]
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ProblemAnswer"}


async def test_an_operation_succeeds_in_one_way(document: dict[str, Any]) -> None:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    good = [[status for status in one["responses"] if status.startswith("2")] for one in operations]
    assert [len(statuses) for statuses in good] == [1] * len(operations)


async def test_under_a_prefix_the_server_has_it_too(client: httpx.AsyncClient) -> None:
    app = client._transport.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, root_path="/app")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as below:
        servers = (await below.get("/app/openapi.json")).json()["servers"]
    assert servers[0]["url"] == "/app"


PACKAGE = "crosslate_client"
FILE_TYPES = ("text/csv", "text/tab-separated-values", "application/x-tmx+xml")
"""Of glossaries. The generator knows one media type of files."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package that openapi-python-client makes of the description."""
    folder = tmp_path_factory.mktemp("client")
    app = create_service().app
    (folder / "openapi.json").write_text(json.dumps(openapi.describe(app, "", Settings())))
    files = "\n".join(f"  {kind}: application/octet-stream" for kind in FILE_TYPES)
    (folder / "config.yaml").write_text(
        f"package_name_override: {PACKAGE}\npost_hooks: []\ncontent_type_overrides:\n{files}\n"
    )
    arguments = ["generate", "--path", "openapi.json", "--config", "config.yaml", "--meta", "none"]
    command = [sys.executable, "-m", "openapi_python_client", *arguments, "--fail-on-warning"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if re.match(rf"{PACKAGE}\b", name)]:
        del sys.modules[name]


async def test_a_generated_client_calls_every_operation(
    generated: ModuleType, starter: httpx.AsyncClient
) -> None:
    client = generated.Client(base_url="http://test").set_async_httpx_client(starter)
    models = importlib.import_module(f"{PACKAGE}.models")

    async def call(tag: str, operation: str, **arguments: object) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        return await module.asyncio(client=client, **arguments)

    body = models.TranslateBody(
        text="The black cat sleeps.",
        source_lang="en",
        target_lang="pt",
        alignment=models.TranslateBodyAlignment.LINKS,
        generation=models.GenerationBody(num_beams=2),
    )
    translated = await call("text", "translate", body=body)
    assert isinstance(translated, models.TranslateAnswer)
    (translation,) = translated.translations
    assert translation.text == "O gato preto dorme."
    assert translation.alignment.pharaoh == "0-0 1-2 2-1 3-3 4-4"
    assert (translation.segments[0].source, translation.detected) == ([0, 21], None)

    refused = await call("text", "translate", body=models.TranslateBody(text="Hello.", target_lang="fi"))
    assert isinstance(refused, models.ProblemAnswer)
    assert (refused.status, refused.code) == (400, "unsupported_language_pair")

    text = openapi.examples()["summarize"]["plain"]["request"]["text"]
    summary = await call("text", "summarize", body=models.SummarizeBody(text=[text]))
    assert "bridge" in summary.summaries[0].text
    pair = models.AlignBody(source="A cat.", target="Um gato.", source_lang="en", target_lang="pt")
    assert (await call("text", "align", body=pair)).alignment.links
    file = importlib.import_module(f"{PACKAGE}.types").File(io.BytesIO(b"A cat."), "a.txt", "text/plain")
    form = models.DocumentForm(file=file, target_lang="pt", source_lang="en")
    sent = await call("documents", "send_document", body=form)
    assert (sent.state, sent.characters) == ("queued", 6)
    detected = await call("text", "detect", body=models.DetectBody(text="A casa é pequena."))
    assert detected.detections[0].lang == "pt"
    assert (await call("catalog", "list_models")).data[0].id == "starter/en-pt"
    assert (await call("catalog", "list_languages")).data[0].targets == ["pt"]
    for probe in ("livez", "readyz"):
        assert (await call("operation", probe)).status == "ok"
    assert (await call("operation", "version")).name == "crosslate"
    assert "crosslate_http_requests_total" in await call("operation", "metrics")
