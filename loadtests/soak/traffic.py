"""What a service is asked for during a soak: every route and API, also by clients that leave."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from crosslate.service.commands.bench import SENTENCES

PAIRS = (("en", "pt"), ("pt", "en"))
_LIMIT_S = 120.0
_LEAVES_WITHIN_S = 0.3
_POLL_S = 0.2
_TRIES = 3
_GONE = frozenset({502, 503})
"""Answers of a service whose replica has gone."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a kind, and how it should be answered."""

    kind: str
    path: str
    body: Any
    status: int = 200


@dataclass(slots=True)
class Tally:
    """What became of everything that was asked."""

    answered: Counter[str] = field(default_factory=Counter)
    """By kind: with the status that was expected."""
    left: int = 0
    """By the client, before the answer."""
    again: Counter[str] = field(default_factory=Counter)
    """Sent again, as the API says of it, by what came first."""
    lost: Counter[str] = field(default_factory=Counter)
    """By kind and what came in the answer's place."""

    @property
    def num_asked(self) -> int:
        """Everything."""
        return self.answered.total() + self.left + self.lost.total()


class UnexpectedAnswerError(Exception):
    """The message says what came."""


class CutOffError(UnexpectedAnswerError):
    """What ended with its replica, and is to be sent again after so many seconds."""

    def __init__(self, message: str, after_s: float) -> None:
        super().__init__(message)
        self.after_s = after_s


def asks(generator: random.Random) -> list[Ask]:
    """One of each kind that is a single request with JSON, with texts that differ from time to time."""
    source, target = generator.choice(PAIRS)
    sentences = SENTENCES[source]
    short = generator.choice(sentences)
    long = " ".join(generator.choices(sentences, k=generator.randint(4, 20)))
    english = " ".join(generator.choices(SENTENCES["en"], k=30))
    body: dict[str, Any] = {"text": short, "source_lang": source, "target_lang": target}
    term = {"source": short.split()[0].strip(".,"), "target": "Zebra"}
    markup = f"<p>{short} <b>{short}</b></p><ul><li>{short}</li></ul>"
    translate, summarize = "/v1/translate", "/v1/summarize"
    own = [
        Ask("short", translate, body),
        Ask("long", translate, body | {"text": long}),
        Ask("several", translate, body | {"text": generator.choices(sentences, k=8), "source_lang": None}),
        Ask("beams", translate, body | {"generation": {"num_beams": 4}, "num_alternatives": 2}),
        Ask("stream", translate, body | {"stream": True, "text": long}),
        Ask("alignment", translate, body | {"alignment": generator.choice(["links", "matrix", "symmetric"])}),
        Ask("html", translate, body | {"text": markup, "format": "html"}),
        Ask("markdown", translate, body | {"text": f"# {short}\n\n- *{short}*", "format": "markdown"}),
        Ask("glossary", translate, body | {"glossary": [term]}),
        Ask("refused", translate, body | {"target_lang": "xx"}, 400),
        Ask("summary", summarize, {"text": english, "alignment": "sentences"}),
        Ask("summary stream", summarize, {"text": english, "stream": True}),
        Ask(
            "align",
            "/v1/align",
            {"source": short, "target": short} | {"source_lang": source, "target_lang": target},
        ),
        Ask("detect", "/v1/detect", {"text": short}),
    ]
    azure = f"/translate?api-version=3.0&from={source}&to={target}&includeAlignment=true"
    deepl = {
        "text": [short],
        "source_lang": source.upper(),
        "target_lang": target.upper().replace("EN", "EN-US"),
    }
    google = {"contents": [short], "sourceLanguageCode": source, "targetLanguageCode": target}
    others = [
        Ask("Azure", azure, [{"Text": short}]),
        Ask("DeepL", "/v2/translate", deepl),
        Ask("LibreTranslate", "/translate", {"q": short, "source": source, "target": target}),
        Ask("Google", "/language/translate/v2", {"q": [short], "source": source, "target": target}),
        Ask("Google 3", "/v3/projects/p/locations/global:translateText", google),
        Ask("Hugging Face", f"/hf/starter/{source}-{target}", {"inputs": short}),
    ]
    return own + others


class Client:
    """One client that asks for one thing after the other."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        generator: random.Random,
        tally: Tally,
        operation_url: str | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._operation_url = operation_url or url
        self._generator = generator
        self._tally = tally

    async def run(self, pause_s: float) -> None:
        """Until it is cancelled, with a pause of so many seconds on average between two requests."""
        for turn in itertools.count():
            ask = self._generator.choice(asks(self._generator))
            if turn % 20 == 7:
                await self._tallied("document", self._document)
            elif turn % 20 == 13:
                await self._tallied("kept glossary", self._kept_glossary)
            elif turn % 20 == 17:
                await self._tallied("operation", self._operation)
            elif turn % 10 == 4:
                await self._leave(ask)
            else:
                await self._tallied(ask.kind, lambda ask=ask: self._ask(ask))  # type: ignore[misc]
            await asyncio.sleep(self._generator.uniform(0, 2 * pause_s))

    async def _tallied(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (aiohttp.ClientError, TimeoutError) as error:
            self._tally.lost[f"{kind}: {type(error).__name__}"] += 1
            await asyncio.sleep(1)  # a service that is gone is not hammered
        except UnexpectedAnswerError as error:
            self._tally.lost[f"{kind}: {error}"] += 1
        else:
            self._tally.answered[kind] += 1

    async def _ask(self, ask: Ask) -> None:
        is_stream = isinstance(ask.body, dict) and bool(ask.body.get("stream"))
        content = await self._request("POST", ask.path, ask.status, is_stream=is_stream, json=ask.body)
        if is_stream and b"event: done" not in content:
            raise UnexpectedAnswerError("a stream that failed")

    async def _leave(self, ask: Ask) -> None:
        with_limit = aiohttp.ClientTimeout(total=self._generator.uniform(0.001, _LEAVES_WITHIN_S))
        try:
            async with self._session.post(
                self._url + ask.path, json=ask.body, timeout=with_limit
            ) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            pass
        self._tally.left += 1

    async def _document(self) -> None:
        source, target = self._generator.choice(PAIRS)
        lines = "\n\n".join(self._generator.choices(SENTENCES[source], k=6))
        fields = {"source_lang": source, "target_lang": target}
        sent = await self._request("POST", "/v1/documents", 202, file=lines.encode(), fields=fields)
        where = f"/v1/documents/{json.loads(sent)['id']}"
        async with asyncio.timeout(_LIMIT_S):
            while (state := json.loads(await self._request("GET", where, 200))["state"]) != "done":
                if state == "failed":
                    raise UnexpectedAnswerError("failed")
                await asyncio.sleep(_POLL_S)
        await self._request("GET", f"{where}/result", 200)
        await self._request("DELETE", where, 204)

    async def _kept_glossary(self) -> None:
        dictionary = {
            "source_lang": "en",
            "target_lang": "pt",
            "entries": [{"source": "house", "target": "moradia"}],
        }
        kept = {"name": "soak", "dictionaries": [dictionary]}
        made = json.loads(await self._request("POST", "/v1/glossaries", 201, json=kept))
        text = {"text": "The house is small.", "source_lang": "en", "target_lang": "pt"}
        await self._request("POST", "/v1/translate", 200, json=text | {"glossary_id": made["id"]})
        await self._request("DELETE", f"/v1/glossaries/{made['id']}", 204)

    async def _operation(self) -> None:
        for path in ("/", "/version", "/v1/models", "/v1/languages", "/openapi.json"):
            await self._request("GET", path, 200)
        for path in ("/livez", "/readyz", "/metrics"):
            await self._request("GET", path, 200, url=self._operation_url)

    async def _request(self, method: str, path: str, status: int, **content: Any) -> bytes:  # noqa: ANN401
        """The body of an answer with this status; what was cut off with a replica is sent again."""
        for _ in range(_TRIES - 1):
            try:
                return await self._answer(method, path, status, **content)
            except CutOffError as cut:
                self._tally.again[str(cut)] += 1
                await asyncio.sleep(cut.after_s)
        return await self._answer(method, path, status, **content)

    async def _answer(
        self,
        method: str,
        path: str,
        status: int,
        *,
        url: str | None = None,
        json: object = None,
        file: bytes | None = None,
        fields: Mapping[str, str] | None = None,
        is_stream: bool = False,
    ) -> bytes:
        limit = aiohttp.ClientTimeout(total=_LIMIT_S)
        form = None if file is None else _form(file, fields or {})
        async with self._session.request(
            method, (url or self._url) + path, timeout=limit, json=json, data=form
        ) as response:
            body = await _read(response, is_stream)
            if response.status != status:
                came = f"{response.status} {_code(response.content_type, body)}".strip()
                if response.status in _GONE and "Retry-After" in response.headers:
                    raise CutOffError(came, float(response.headers["Retry-After"]))
                raise UnexpectedAnswerError(came)
            return body


async def _read(response: aiohttp.ClientResponse, is_stream: bool) -> bytes:
    """A stream that has neither `done` nor `error` was cut, whether its coding has an end or not."""
    try:
        body = await response.read()
    except aiohttp.ClientPayloadError:
        if not is_stream:
            raise
        body = b""
    if is_stream and response.ok and not (b"event: done" in body or b"event: error" in body):
        raise CutOffError("a stream without its end", 0)
    return body


def _form(file: bytes, fields: Mapping[str, str]) -> aiohttp.FormData:
    form = aiohttp.FormData(fields)
    form.add_field("file", file, filename="a.txt", content_type="text/plain")
    return form


def _code(content_type: str, body: bytes) -> str:
    """Of a problem, where the answer is one."""
    if not content_type.endswith("json"):
        return ""
    content = json.loads(body)
    return str(content.get("code", "")) if isinstance(content, Mapping) else ""
