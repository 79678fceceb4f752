"""Each of the API's operations as a request, and what its answer is read as."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import PurePath
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from crosslate.client.decoding import decode, json_value, one_for_each
from crosslate.client.errors import UnexpectedAnswerError
from crosslate.client.options import (
    AlignOptions,
    DocumentOptions,
    Entries,
    SummarizeOptions,
    TranslateOptions,
    entries_json,
    options_json,
)
from crosslate.client.resources import Document, DocumentFile, Glossary, GlossaryEntry, Language, Model
from crosslate.client.summaries import Summaries
from crosslate.client.translations import AlignedPair, Detection, Translations

T = TypeVar("T")

_FILE_TYPES = {
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
    ".tmx": "application/x-tmx+xml",
}
_ANSWER_MARGIN_S = 5.0
"""The server is to say itself that the time is over."""
_CONNECT_S = 5.0
"""Whatever answers is near, or does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        repeatable: whether it changes nothing on the server, so that it may be sent twice.
        read: the result from the answer.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    repeatable: bool = True
    json: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    form: Mapping[str, str | list[str]] | None = None
    file: tuple[str, bytes] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] | None = None

    def arguments(self) -> dict[str, Any]:
        """For `httpx`'s `request` and `stream`."""
        given = {
            "json": self.json,
            "params": self.query,
            "data": self.form,
            "files": None if self.file is None else {"file": self.file},
            "content": self.content,
            "headers": self.headers,
        }
        arguments: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        wanted = None if self.json is None else self.json.get("timeout_s")
        if wanted is not None:
            arguments["timeout"] = time_limits(wanted + _ANSWER_MARGIN_S)
        return arguments


def time_limits(timeout_s: float) -> httpx.Timeout:
    """Of a request whose answer, or next event, is waited for so long."""
    return httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))


def one_text(text: str) -> str:
    """The text, where it is one: of a list, the answers to all but the first would be thrown away.

    Raises:
        TypeError: it is none.
        ValueError: it has half of a surrogate pair.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"one text is taken here, no {type(text).__name__}; a list is for the methods with _all"
        )
    return _whole(text, "the text")


def several_texts(texts: Sequence[str]) -> list[str]:
    """As a list. A string would be a text for each of its characters.

    Raises:
        TypeError: it is a string, or not all in it are.
        ValueError: one has half of a surrogate pair.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string: give a list, or call the method without _all")
    found = list(texts)
    for number, text in enumerate(found):
        if not isinstance(text, str):
            raise TypeError(f"texts[{number}] is no string but of {type(text).__name__}")
        _whole(text, f"texts[{number}]")
    return found


def _whole(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} has half of a surrogate pair at position {error.start}") from None
    return text


def translate(texts: str | Sequence[str], target_lang: str, options: TranslateOptions) -> Call[Translations]:
    """`POST /v1/translate`."""
    body = {"text": texts, "target_lang": target_lang, **options_json(options)}
    return _of_texts(_post("/v1/translate", body, Translations), texts, lambda answer: answer.translations)


def summarize(texts: str | Sequence[str], options: SummarizeOptions) -> Call[Summaries]:
    """`POST /v1/summarize`."""
    call = _post("/v1/summarize", {"text": texts, **options_json(options)}, Summaries)
    return _of_texts(call, texts, lambda answer: answer.summaries)


def streamed(call: Call[T]) -> Call[T]:
    """The same as server-sent events."""
    return replace(call, json={**(call.json or {}), "stream": True})


def align(
    source: str, target: str, source_lang: str, target_lang: str, options: AlignOptions
) -> Call[AlignedPair]:
    """`POST /v1/align`."""
    pair = {"source": source, "target": target, "source_lang": source_lang, "target_lang": target_lang}
    return _post("/v1/align", pair | options_json(options), AlignedPair)


def detect(texts: Sequence[str]) -> Call[tuple[Detection, ...]]:
    """`POST /v1/detect`."""
    read = _reader(tuple[Detection, ...], "detections")
    call = Call(method="POST", path="/v1/detect", json={"text": several_texts(texts)}, read=read)
    return _of_texts(call, texts, lambda answer: answer)


def models() -> Call[tuple[Model, ...]]:
    """`GET /v1/models`."""
    return Call(method="GET", path="/v1/models", read=_reader(tuple[Model, ...], "data"))


def languages() -> Call[tuple[Language, ...]]:
    """`GET /v1/languages`."""
    return Call(method="GET", path="/v1/languages", read=_reader(tuple[Language, ...], "data"))


def create_glossary(name: str, dictionaries: Mapping[tuple[str, str], Entries]) -> Call[Glossary]:
    """`POST /v1/glossaries`."""
    listed = [
        {"source_lang": source, "target_lang": target, "entries": entries_json(entries)}
        for (source, target), entries in dictionaries.items()
    ]
    return Call(
        method="POST",
        path="/v1/glossaries",
        json={"name": name, "dictionaries": listed},
        read=_reader(Glossary),
        repeatable=False,
    )


def create_glossary_from_file(
    file_name: str, content: bytes, name: str, source_lang: str, target_lang: str
) -> Call[Glossary]:
    """`POST /v1/glossaries` with a file.

    Raises:
        ValueError: it is neither `.tsv` nor `.csv` nor `.tmx`.
    """
    media_type = _FILE_TYPES.get(PurePath(file_name).suffix.lower())
    if media_type is None:
        raise ValueError(f"{file_name}: a glossary's file is .tsv, .csv or .tmx")
    return Call(
        method="POST",
        path="/v1/glossaries",
        query={"name": name, "source_lang": source_lang, "target_lang": target_lang},
        content=content,
        headers={"Content-Type": media_type},
        read=_reader(Glossary),
        repeatable=False,
    )


def glossaries() -> Call[tuple[Glossary, ...]]:
    """`GET /v1/glossaries`."""
    return Call(method="GET", path="/v1/glossaries", read=_reader(tuple[Glossary, ...], "data"))


def glossary(glossary_id: str) -> Call[Glossary]:
    """`GET /v1/glossaries/{id}`."""
    return Call(method="GET", path=_below("/v1/glossaries", glossary_id), read=_reader(Glossary))


def glossary_entries(glossary_id: str, source_lang: str, target_lang: str) -> Call[tuple[GlossaryEntry, ...]]:
    """`GET /v1/glossaries/{id}/entries`."""
    return Call(
        method="GET",
        path=f"{_below('/v1/glossaries', glossary_id)}/entries",
        query={"source_lang": source_lang, "target_lang": target_lang},
        read=_reader(tuple[GlossaryEntry, ...], "entries"),
    )


def delete_glossary(glossary_id: str) -> Call[None]:
    """`DELETE /v1/glossaries/{id}`."""
    return _delete(_below("/v1/glossaries", glossary_id))


def send_document(
    file_name: str, content: bytes, target_lang: str, options: DocumentOptions
) -> Call[Document]:
    """`POST /v1/documents`."""
    form = {"target_lang": target_lang, **options_json(options)}
    if "glossary" in form:
        form["glossary"] = json.dumps(form["glossary"])
    return Call(
        method="POST",
        path="/v1/documents",
        form=form,
        file=(file_name, content),
        read=_reader(Document),
        repeatable=False,
    )


def document(document_id: str) -> Call[Document]:
    """`GET /v1/documents/{id}`."""
    return Call(method="GET", path=_below("/v1/documents", document_id), read=_reader(Document))


def fetch_document(document_id: str) -> Call[DocumentFile]:
    """`GET /v1/documents/{id}/result`."""
    return Call(method="GET", path=f"{_below('/v1/documents', document_id)}/result", read=_read_file)


def delete_document(document_id: str) -> Call[None]:
    """`DELETE /v1/documents/{id}`."""
    return _delete(_below("/v1/documents", document_id))


def _of_texts(call: Call[T], texts: str | Sequence[str], answers: Callable[[T], Sequence[object]]) -> Call[T]:
    """The call, whose answer has one for each text."""
    num_texts = 1 if isinstance(texts, str) else len(texts)

    def read(response: httpx.Response) -> T:
        answer = call.read(response)
        one_for_each(answers(answer), num_texts)
        return answer

    return replace(call, read=read)


def _post(path: str, body: Mapping[str, Any], kind: type[T]) -> Call[T]:
    return Call(method="POST", path=path, json=body, read=_reader(kind))


def _delete(path: str) -> Call[None]:
    return Call(method="DELETE", path=path, read=lambda _: None, repeatable=False)


def _below(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"


def _reader(kind: type[T], member: str | None = None) -> Callable[[httpx.Response], T]:
    def read(response: httpx.Response) -> T:
        try:
            answer = json_value(response.content)
            value = answer if member is None else answer[member]
        except (ValueError, KeyError, TypeError) as error:
            raise UnexpectedAnswerError(
                f"the answer to {response.request.url.path} is not Crosslate's: look at the URL of the server"
            ) from error
        return decode(kind, value)

    return read


def _read_file(response: httpx.Response) -> DocumentFile:
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return DocumentFile(name=PurePath(header.get_filename() or "").name, content=response.content)
