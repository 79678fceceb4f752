"""Models in the command's own process: no Ray, no FastAPI, and only the models that a command needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.checkpoints.model_files import (
    check_holds_model,
    find_downloaded,
    find_model,
    starter_names,
)
from crosslate.models.errors import CheckpointError
from crosslate.models.whole_file import write_whole
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.loading.model_choice import models_for, models_to_summarize
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.config_sources import load_settings

if TYPE_CHECKING:
    from crosslate.service.documents.document import Document, ReadOptions
    from crosslate.service.documents.translation import DocumentReport, Outcome, TranslatedSegment
    from crosslate.service.pipeline.engines.served_model import ServedModel
    from crosslate.service.pipeline.summarization.summarizer import Summarizer
    from crosslate.service.pipeline.summarization.types import SummaryRequest, SummaryResult
    from crosslate.service.pipeline.translation.translator import Translator
    from crosslate.service.pipeline.types import (
        AlignmentResult,
        AlignRequest,
        TranslationRequest,
        TranslationResult,
    )

_BAR_WIDTH = 24
_PAIRS_AT_ONCE = 64

Report = Callable[[str], None]
"""Told what is being done, as it is done."""


@dataclass(frozen=True, slots=True)
class LocalPipeline:
    """A translator and a summarizer over models of this process."""

    translator: Translator
    summarizer: Summarizer
    models: tuple[ServedModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A file to translate, and where its translation goes."""

    path: Path
    output: Path
    options: ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """One line of `crosslate models`; what is unknown is None."""

    id: str
    is_configured: bool
    task: str | None
    family: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    size_bytes: int | None = None
    license: str | None = None
    problem: str | None = None


def translate(request: TranslationRequest, config: Path | None, report: Report) -> TranslationResult:
    """Translate one text with the models that it needs."""
    settings = settings_for(config, request.model)
    with open_pipeline(models_for(request, settings), settings, report) as pipeline:
        return asyncio.run(pipeline.translator.translate(request))


def translate_document(
    file: DocumentFile, request: TranslationRequest, config: Path | None, report: Report
) -> DocumentReport:
    """Translate a document into another file, telling how far it is; what its reader should know.

    Raises:
        ServiceError: it cannot be read, or no model serves the languages.
        OSError: a file cannot be read or written.
    """
    from crosslate.service.documents.formats.registry import read_document
    from crosslate.service.documents.translation import full_report

    document = read_document(file.path.name, file.path.read_bytes(), file.options)
    settings = settings_for(config, request.model)
    with open_pipeline(models_for(request, settings), settings, report) as pipeline:
        outcome = asyncio.run(_translate_segments(document, request, pipeline.translator, report))
    report("Writing")
    write_whole(file.output, document.write(outcome.texts))
    return full_report(document, outcome.report)


async def _translate_segments(
    document: Document, request: TranslationRequest, translator: Translator, report: Report
) -> Outcome:
    from crosslate.service.documents.translation import DocumentTranslation

    num_done = 0

    async def keep(finished: Mapping[int, TranslatedSegment]) -> None:
        nonlocal num_done
        num_done += sum(len(document.segments[i].text) for i in finished)
        report(f"Translating {progress_bar(num_done / document.num_characters)}")

    return await DocumentTranslation(document.segments, request, translator).run(keep)


def progress_bar(done: float) -> str:
    """A line that fills, and the percent."""
    num_full = int(done * _BAR_WIDTH)
    return f"{'━' * num_full}{'╌' * (_BAR_WIDTH - num_full)} {done:4.0%}"


def align(request: AlignRequest, config: Path | None, report: Report) -> tuple[str, AlignmentResult]:
    """Align one pair; the id of the model that read it, and what it read."""
    settings = settings_for(config, request.model)
    with open_pipeline(models_for(request, settings), settings, report) as pipeline:
        return asyncio.run(pipeline.translator.align(request))


Aligned = tuple[str, "AlignmentResult"]
"""The id of the model that read a pair, and what it read."""


def align_all(
    requests: Iterable[AlignRequest | ToldError], like: AlignRequest, config: Path | None, report: Report
) -> Generator[Aligned | ServiceError | ToldError, None, None]:
    """Align many pairs, some of them at once; in their order what came of each, which costs no other one.

    Args:
        requests: as they are wanted; what stands in the place of a pair that could not be read comes back.
        like: one that names the languages, the model and the level of all.
        config: the settings' file.
        report: see `Report`.
    """
    settings = settings_for(config, like.model)
    models = models_for(like, settings)
    with open_pipeline(models, settings, report) as pipeline, asyncio.Runner() as runner:
        waiting = iter(requests)
        while some := list(islice(waiting, _PAIRS_AT_ONCE)):
            yield from runner.run(_align_some(some, pipeline.translator))


async def _align_some(
    requests: Sequence[AlignRequest | ToldError], translator: Translator
) -> list[Aligned | ServiceError | ToldError]:
    async def one(request: AlignRequest | ToldError) -> Aligned | ServiceError | ToldError:
        if isinstance(request, Exception):
            return request
        try:
            return await translator.align(request)
        except ServiceError as error:
            return error

    return await asyncio.gather(*map(one, requests))


def summarize(request: SummaryRequest, config: Path | None, report: Report) -> SummaryResult:
    """Summarize one text with the model that it needs, telling of each part of a long one."""
    settings = settings_for(config, request.model)
    with open_pipeline(models_to_summarize(request, settings), settings, report) as pipeline:
        return asyncio.run(_summarize(request, pipeline.summarizer, report))


async def _summarize(request: SummaryRequest, summarizer: Summarizer, report: Report) -> SummaryResult:
    from crosslate.service.pipeline.summarization.types import ChunkEvent
    from crosslate.service.pipeline.types import DoneEvent

    async with aclosing(summarizer.stream(request)) as events:
        async for event in events:
            if isinstance(event, DoneEvent):
                return event.result
            if isinstance(event, ChunkEvent) and event.num_chunks > 1:
                pass_ = f"pass {event.chunk.level + 1}, " if event.chunk.level else ""
                report(f"Summarizing: {pass_}{event.num_finished} of {event.num_chunks} parts")
    raise RuntimeError("a summary ended without its result")


def settings_for(config: Path | None, model: str | None) -> Settings:
    """The settings, with only the one model if it is named.

    Raises:
        SettingsError: they cannot be used.
    """
    return load_settings(config, models=[] if model is None else [model])


@contextmanager
def open_pipeline(
    models: Sequence[ModelSettings], settings: Settings, report: Report
) -> Iterator[LocalPipeline]:
    """Load these models and put the text pipeline on top; their engines stop at the end of the block.

    Raises:
        CheckpointError: a model cannot be loaded.
    """
    for model in models:
        check_holds_model(find_downloaded(model.location) or find_model(model.location, report))
    report("Starting PyTorch")
    from crosslate.service.loading.loading import LocalModel, load_local_model, text_pipeline

    loaded: list[LocalModel] = []
    try:
        for model in models:
            report(f"Loading {model.id}")
            loaded.append(load_local_model(model))
        served = tuple(model.served for model in loaded)
        report("Working")
        yield LocalPipeline(*text_pipeline(settings, served), served)
    finally:
        for local_model in loaded:
            local_model.engine.close()


def summarize_models(settings: Settings, report: Report) -> Iterator[ModelSummary]:
    """The configured models, then the starters that are not configured. Loads what is on this machine."""
    for model in settings.models:
        report(f"Looking at {model.id}")
        yield _summary(model, is_configured=True)
    used = {model.location for model in settings.models}
    for name in starter_names():
        if name not in used:
            yield _summary(ModelSettings(id=name), is_configured=False)


def _summary(model: ModelSettings, *, is_configured: bool) -> ModelSummary:
    from crosslate.models.loading import read_description, size_on_disk

    unread = ModelSummary(id=model.id, is_configured=is_configured, task=model.task, pairs=model.pairs or ())
    try:
        folder = find_downloaded(model.location)
        if folder is None:
            return replace(unread, problem="not downloaded yet")
        found = read_description(model.location, folder)
    except CheckpointError as error:
        return replace(unread, problem=str(error))
    return ModelSummary(
        id=model.id,
        is_configured=is_configured,
        task=model.task or found.task,
        family=found.network.model.spec.family,
        pairs=model.pairs or found.pairs,
        size_bytes=size_on_disk(folder, found.base),
        license=found.license or model.license,
    )
