"""The client for programs that do other things while they wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from crosslate.client import calls
from crosslate.client.connection import DEFAULT_TIMEOUT_S, AsyncConnection
from crosslate.client.documents import Patience, check_finished
from crosslate.client.errors import CrosslateError
from crosslate.client.events import SummaryEvent, TranslationEvent, summary_event, translation_event
from crosslate.client.options import (
    AlignOptions,
    DocumentOptions,
    Entries,
    SummarizeOptions,
    TranslateOptions,
)
from crosslate.client.resources import Document, DocumentFile, Glossary, GlossaryEntry, Language, Model
from crosslate.client.retries import Retries
from crosslate.client.summaries import Summaries, Summary
from crosslate.client.translations import AlignedPair, Detection, Translation, Translations

T = TypeVar("T")

_DEFAULT_RETRIES = Retries()


class AsyncClient:
    """Asks one server; within one event loop, and as a context manager.

    Every method raises `CrosslateError`: an `ApiError` where the server refuses.

    Attributes:
        glossaries: those that the server keeps.
        documents: whole files, translated in the background.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retries: Retries = _DEFAULT_RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """For a server's address.

        Args:
            url: such as `http://localhost:8000`, with the path that a proxy has it under.
            api_key: if the server asks for one.
            timeout_s: how long to wait for an answer, or the next event of a stream; a request's own
                `timeout_s` wins.
            retries: when to send a request again.
            transport: of `httpx`, for proxies, certificates and tests.
        """
        self._connection = AsyncConnection(url, api_key, timeout_s, retries, transport)
        self.glossaries = AsyncGlossaries(self._connection)
        self.documents = AsyncDocuments(self._connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections; the client is of no use then."""
        await self._connection.close()

    async def translate(
        self, text: str, *, target_lang: str, **options: Unpack[TranslateOptions]
    ) -> Translation:
        """Translate one text."""
        return (
            await self._connection.send(calls.translate(calls.one_text(text), target_lang, options))
        ).translations[0]

    async def translate_all(
        self, texts: Sequence[str], *, target_lang: str, **options: Unpack[TranslateOptions]
    ) -> Translations:
        """Translate several texts in one request, as many as the server takes (128 by default)."""
        return await self._connection.send(calls.translate(calls.several_texts(texts), target_lang, options))

    def stream_translation(
        self, text: str, *, target_lang: str, **options: Unpack[TranslateOptions]
    ) -> AsyncGenerator[TranslationEvent, None]:
        """Translate one text, and get it as it is written; the last event is a `DoneEvent`."""
        call = calls.streamed(calls.translate(calls.one_text(text), target_lang, options))
        return self._connection.stream(call, translation_event)

    async def summarize(self, text: str, **options: Unpack[SummarizeOptions]) -> Summary:
        """Summarize one text, of any length."""
        return (await self._connection.send(calls.summarize(calls.one_text(text), options))).summaries[0]

    async def summarize_all(self, texts: Sequence[str], **options: Unpack[SummarizeOptions]) -> Summaries:
        """Summarize several texts in one request, each for itself."""
        return await self._connection.send(calls.summarize(calls.several_texts(texts), options))

    def stream_summary(
        self, text: str, **options: Unpack[SummarizeOptions]
    ) -> AsyncGenerator[SummaryEvent, None]:
        """Summarize one text, and get it as it is written; the last event is a `DoneEvent`."""
        return self._connection.stream(
            calls.streamed(calls.summarize(calls.one_text(text), options)), summary_event
        )

    async def align(
        self, source: str, target: str, *, source_lang: str, target_lang: str, **options: Unpack[AlignOptions]
    ) -> AlignedPair:
        """Say which words of a text and of a translation that one has belong together."""
        return await self._connection.send(calls.align(source, target, source_lang, target_lang, options))

    async def detect(self, text: str) -> Detection:
        """Name the language of a text."""
        return (await self.detect_all([text]))[0]

    async def detect_all(self, texts: Sequence[str]) -> tuple[Detection, ...]:
        """Name the language of each text."""
        return await self._connection.send(calls.detect(texts))

    async def models(self) -> tuple[Model, ...]:
        """What is served."""
        return await self._connection.send(calls.models())

    async def languages(self) -> tuple[Language, ...]:
        """The source languages, each with its targets."""
        return await self._connection.send(calls.languages())


class AsyncGlossaries:
    """Terms that the server keeps, of the key or of all who need none."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def create(self, name: str, dictionaries: Mapping[tuple[str, str], Entries]) -> Glossary:
        """Keep terms by source and target language, such as `{("en", "pt"): {"bridge": "viaduto"}}`."""
        return await self._connection.send(calls.create_glossary(name, dictionaries))

    async def create_from_file(
        self, file: str | Path, *, name: str, source_lang: str, target_lang: str
    ) -> Glossary:
        """Keep the terms of a `.tsv`, `.csv` or `.tmx` file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is of another kind.
        """
        path = Path(file)
        content = await asyncio.to_thread(path.read_bytes)
        call = calls.create_glossary_from_file(path.name, content, name, source_lang, target_lang)
        return await self._connection.send(call)

    async def all(self) -> tuple[Glossary, ...]:
        """The oldest first."""
        return await self._connection.send(calls.glossaries())

    async def get(self, glossary_id: str) -> Glossary:
        """One of them, without its entries."""
        return await self._connection.send(calls.glossary(glossary_id))

    async def entries(
        self, glossary_id: str, *, source_lang: str, target_lang: str
    ) -> tuple[GlossaryEntry, ...]:
        """What one has for a pair of languages."""
        return await self._connection.send(calls.glossary_entries(glossary_id, source_lang, target_lang))

    async def delete(self, glossary_id: str) -> None:
        """Delete it with all its entries."""
        await self._connection.send(calls.delete_glossary(glossary_id))


class AsyncDocuments:
    """Files that are translated in the background."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def translate(
        self,
        file: str | Path,
        output: str | Path,
        *,
        target_lang: str,
        on_progress: Callable[[Document], None] | None = None,
        timeout_s: float | None = None,
        **options: Unpack[DocumentOptions],
    ) -> Document:
        """Send a file, wait until it is translated, save it, and delete it on the server, whatever happens.

        Args:
            file: the document.
            output: where its translation goes; what is there is overwritten.
            target_lang: the language to translate into.
            on_progress: is told how far it is, now and then.
            timeout_s: how long to wait for the translation, also of a server that is away; by default as
                long as it takes, and ten minutes for the server to come back.
            options: see `DocumentOptions`.

        Returns:
            Its last state, with what its reader should know under `warnings`.

        Raises:
            DocumentFailedError: it could not be translated.
            TimeoutError: it took longer.
            OSError: a file cannot be read or written.
        """
        sent = await self.send(file, target_lang=target_lang, **options)
        try:
            done = await self.wait(sent.id, on_progress=on_progress, timeout_s=timeout_s)
            fetched = await self._patiently(self.fetch, sent.id, Patience(timeout_s))
            await asyncio.to_thread(Path(output).write_bytes, fetched.content)
        finally:
            with contextlib.suppress(CrosslateError):  # what happened before is what matters
                await self.delete(sent.id)
        return done

    async def send(
        self, file: str | Path, *, target_lang: str, **options: Unpack[DocumentOptions]
    ) -> Document:
        """Have a file translated; its name says of which kind it is."""
        path = Path(file)
        content = await asyncio.to_thread(path.read_bytes)
        return await self._connection.send(calls.send_document(path.name, content, target_lang, options))

    async def get(self, document_id: str) -> Document:
        """How far it is."""
        return await self._connection.send(calls.document(document_id))

    async def wait(
        self,
        document_id: str,
        *,
        on_progress: Callable[[Document], None] | None = None,
        timeout_s: float | None = None,
    ) -> Document:
        """Ask until it is translated, also where the server is away meanwhile.

        Raises:
            DocumentFailedError: it could not be.
            TimeoutError: it took longer.
            CrosslateError: the server refuses, or is away for ten minutes and no `timeout_s` says more.
        """
        patience = Patience(timeout_s)
        while True:
            document = await self._patiently(self.get, document_id, patience)
            if on_progress is not None:
                on_progress(document)
            if check_finished(document):
                return document
            await asyncio.sleep(patience.after_answer())

    async def fetch(self, document_id: str) -> DocumentFile:
        """The translated file."""
        return await self._connection.send(calls.fetch_document(document_id))

    async def delete(self, document_id: str) -> None:
        """Delete it with its translation; one that is not finished is not worked on any more."""
        await self._connection.send(calls.delete_document(document_id))

    async def _patiently(self, ask: Callable[[str], Awaitable[T]], document_id: str, patience: Patience) -> T:
        while True:
            try:
                return await ask(document_id)
            except CrosslateError as error:
                pause_s = patience.after_failure(error)
            await asyncio.sleep(pause_s)
