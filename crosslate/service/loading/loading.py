"""From settings to models that answer, in this process."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from crosslate.models.configs.extraction_config import ExtractionConfig
from crosslate.models.configs.task_settings import PrefixedTokenizer
from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.batch_costs import measure_costs
from crosslate.models.engine.engine_pool import EnginePool
from crosslate.models.engine.request import AlignmentRequest, GenerationParams, GenerationRequest
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.families.parts import Task
from crosslate.models.loading import EXTRACTION_FILE, LoadedModel, load_model
from crosslate.models.tokenizers.language_tokens import standard_tag
from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import EngineClient, ServedModel
from crosslate.service.pipeline.fidelity.signs.prepare import lookalikes
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.summarization.extraction.features import feature_names
from crosslate.service.pipeline.summarization.reading.sentence_marks import sentence_marks
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.process.machine import available_cpus, available_memory
from crosslate.service.settings.config import ModelSettings, Settings

MAX_SMALL_PARAMETERS = 30_000_000
"""Up to this size two engines of one thread each do more than one of two (starter models: 17 million)."""
MAX_ENGINES = 4
CPU_ENCODER_TOKENS = 192
"""A processor gains little by encoding more at once, and nobody else gets a token meanwhile."""
GPU_ENCODER_TOKENS = 4096
CACHE_SHARE = 0.4
"""Of the memory that is available: the rest is for the encoder at work, other models, other processes."""
_WARM_TEXT = "Hello."
_PROBE_TEXT = "The road should be repaired before winter, although it is not clear who will pay for the work."
_WARM_PARAMS = GenerationParams(max_new_tokens=8)


@dataclasses.dataclass(frozen=True, slots=True)
class LocalModel:
    """A served model and the engine in this process that answers for it."""

    served: ServedModel
    engine: EnginePool
    target_batch: int | None
    """See `SchedulerConfig`."""


def load_local_model(
    settings: ModelSettings, *, num_threads: int | None = None, weights_dir: Path | None = None
) -> LocalModel:
    """Read the checkpoint and start its engines. Takes seconds: not for an event loop.

    `num_threads` is how many threads this model's operations may use together; by default as many
    as there are CPUs for this process. `weights_dir`: see `load_model`.

    Raises:
        CheckpointError: the checkpoint cannot be read, or has not the configured languages; the message
            says why.
    """
    loaded = load_model(
        settings.location, device=settings.device, dtype=settings.dtype, weights_dir=weights_dir
    )
    _check_pairs(settings, loaded)
    num_threads = num_threads or available_cpus()
    num_engines = settings.num_engines or default_num_engines(loaded, num_threads)
    num_threads = max(1, num_threads // num_engines)
    target_batch = settings.target_batch or measured_target(loaded, num_threads)
    scheduler = SchedulerConfig(
        max_slots=settings.max_slots,
        target_batch=target_batch,
        max_encoder_tokens_per_step=settings.max_encoder_tokens or default_encoder_tokens(loaded),
        max_waiting=settings.max_waiting,
        max_cache_bytes=settings.max_cache_bytes or default_cache_bytes(loaded, num_engines),
    )
    params = loaded.params_for(settings.task or loaded.task)
    engine = EnginePool(
        [
            AsyncEngine(
                loaded.make_engine(scheduler, params),
                max_step_s=settings.max_step_s,
                num_threads=num_threads,
            )
            for _ in range(num_engines)
        ]
    )
    return LocalModel(served_model(settings, loaded, engine), engine, target_batch)


def served_model(settings: ModelSettings, loaded: LoadedModel, engine: EngineClient) -> ServedModel:
    """What the pipeline is told of a model, and the engine that it asks."""
    task = settings.task or loaded.task
    writes_summaries = task == "summarization" and loaded.extraction is None
    return ServedModel(
        id=settings.id,
        task=task,
        family=loaded.spec.family,
        pairs=_pairs(settings, loaded),
        tokenizer=_tokenizer(settings, loaded, task),
        engine=engine,
        max_source_tokens=loaded.spec.max_source_tokens,
        max_target_tokens=loaded.spec.max_target_tokens,
        max_piece_tokens=loaded.spec.max_piece_tokens,
        alignment=loaded.alignment,
        extraction=_extraction(loaded) if task == "summarization" else None,
        sentence_marks=sentence_marks(loaded.tokenizer, loaded.spec.target_vocab_size)
        if writes_summaries
        else b"",
        default_params=loaded.params_for(task),
        pair_params=_pair_params(loaded, task),
        substitutes=lookalikes(loaded.tokenizer),
        copying=CopyHabits(Vocabulary(loaded.tokenizer)),
        num_layers=loaded.spec.num_layers,
        num_heads=loaded.spec.num_heads,
        device=loaded.device,
        dtype=loaded.dtype,
        license=loaded.license or settings.license,
        size_bytes=loaded.size_bytes,
    )


def _extraction(loaded: LoadedModel) -> ExtractionConfig | None:
    """Raises `CheckpointError` where it weighs what is not counted here."""
    if loaded.extraction is None:
        return None
    unknown = loaded.extraction.features.keys() - feature_names()
    if unknown:
        raise CheckpointError(
            f"{loaded.folder / EXTRACTION_FILE} has weights for features that are not known here:"
            f" {', '.join(sorted(unknown))}"
        )
    return loaded.extraction


def _pairs(settings: ModelSettings, loaded: LoadedModel) -> tuple[tuple[str, str], ...]:
    """As configured; else the checkpoint's, and those that a prefix is given for."""
    if settings.pairs is not None:
        return settings.pairs
    return tuple(dict.fromkeys([*loaded.pairs, *settings.pair_prefixes]))


def _tokenizer(settings: ModelSettings, loaded: LoadedModel, task: Task) -> Tokenizer:
    """The checkpoint's, with the configured prefixes in the place of its own."""
    if settings.prefix is None:
        return loaded.tokenizer_for(task)
    if isinstance(settings.prefix, str):
        return PrefixedTokenizer(loaded.tokenizer, {}, settings.prefix)
    by_pair = {(standard_tag(a), standard_tag(b)): p for (a, b), p in settings.pair_prefixes.items()}
    return PrefixedTokenizer(loaded.tokenizer, {**loaded.tasks.translation, **by_pair})


def _pair_params(loaded: LoadedModel, task: Task) -> Mapping[tuple[str, str], GenerationParams]:
    """What pairs have of their own, where not all have the same."""
    tasks = loaded.tasks
    differs = task == "translation" and tasks.shared_params == GenerationParams()
    return tasks.translation_params if differs else {}


def _check_pairs(settings: ModelSettings, loaded: LoadedModel) -> None:
    """Languages that the checkpoint lacks would fail every request; here they fail the start."""
    tokenizer = loaded.tokenizer
    if (settings.task or loaded.task) == "translation" and not _pairs(settings, loaded):
        raise CheckpointError(
            f"the model {settings.id!r} does not say which languages it translates: set pairs in its"
            " settings, such as `pairs: [[en, pt]]`, or `task: summarization` if it does not translate"
        )
    for source, target in settings.pairs or ():
        try:
            tokenizer.encode_source("", source, target)
            tokenizer.forced_bos_token_id(target)
        except InvalidParamsError as error:
            raise CheckpointError(
                f"the pair [{source}, {target}] of the model {settings.id!r} cannot be served: {error}; "
                "leave it out of pairs, or leave pairs out to offer what the checkpoint has"
            ) from error


def default_num_engines(loaded: LoadedModel, num_threads: int) -> int:
    """One; for a small network on the CPU one for each thread, as far as one interpreter serves them."""
    is_small = loaded.num_parameters <= MAX_SMALL_PARAMETERS
    return min(num_threads, MAX_ENGINES) if loaded.device == "cpu" and is_small else 1


def default_encoder_tokens(loaded: LoadedModel) -> int:
    """Source tokens to encode in one step."""
    return CPU_ENCODER_TOKENS if loaded.device == "cpu" else GPU_ENCODER_TOKENS


def default_cache_bytes(loaded: LoadedModel, num_engines: int) -> int | None:
    """Each engine's part of the memory that is left once the weights are there; None: nobody knows."""
    if loaded.device == "cpu":
        available = available_memory()
    else:
        available, _ = torch.cuda.mem_get_info(torch.device(loaded.device))
    return None if available is None else max(1, int(available * CACHE_SHARE) // num_engines)


def measured_target(loaded: LoadedModel, num_threads: int) -> int | None:
    """How many sequences are worth decoding at once with so many threads; None: as many as possible.

    On a GPU a step takes as long whatever its width.
    """
    if loaded.device != "cpu":
        return None
    source_ids = _encoded(_PROBE_TEXT, loaded)
    # In a thread of its own, for which the number of threads holds.
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(num_threads,)) as executor:
        costs = executor.submit(measure_costs, loaded.make_engine(), source_ids).result()
    return None if costs is None else costs.target_batch


def _encoded(text: str, model: LoadedModel | ServedModel) -> list[int]:
    """Source ids of a text, in the first of the model's pairs where it has some."""
    source_lang, target_lang = model.pairs[0] if model.pairs else (None, None)
    return model.tokenizer.encode_source(text, source_lang, target_lang)


async def warm_up(model: ServedModel) -> None:
    """Have the model answer once: it works, and the first user does not pay for its first steps.

    Raises:
        EngineError: it did not answer.
    """
    source_ids = _encoded(_WARM_TEXT, model)
    output = await model.engine.generate(GenerationRequest(source_ids=source_ids, params=_WARM_PARAMS))
    await model.engine.align(
        AlignmentRequest(
            source_ids=source_ids, target_ids=output.token_ids, attention=model.alignment.selection
        )
    )


def text_pipeline(
    settings: Settings, models: Sequence[ServedModel], worker: TextWorker | None = None
) -> tuple[Translator, Summarizer]:
    """What translates, with this `worker`, and what summarizes with these models."""
    catalog = ModelCatalog(models, pivots=settings.pivot)
    translator = Translator(
        catalog,
        worker=worker,
        max_alignment_values=settings.limits.max_alignment_values,
        has_guard=settings.guard,
        min_confidence=settings.detection.min_confidence,
        protect=settings.protect,
    )
    summarizer = Summarizer(
        catalog,
        max_alignment_values=settings.limits.max_alignment_values,
        has_guard=settings.guard,
        detector=translator.detector,
    )
    return translator, summarizer
