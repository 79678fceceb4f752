"""From a model's name and a file of texts to the attention that is its alignment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslate.models.alignment.alignment_config import ALIGNMENT_FILE, AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.checkpoints.model_files import find_downloaded, find_model, starter_names
from crosslate.service.calibration.candidates import Candidate, Reading
from crosslate.service.calibration.choosing import Choice, EncoderChoice, Readings, choose, choose_scale
from crosslate.service.calibration.pair_file import TextPair, read_pairs, spread
from crosslate.service.calibration.pair_reading import SCALES, ReadablePair, WholePair
from crosslate.service.calibration.silenced import lost_without
from crosslate.service.errors import ServiceError
from crosslate.service.loading.local import LocalPipeline, Report, open_pipeline, progress_bar, settings_for
from crosslate.service.pipeline.engines.catalog import ModelCatalog, Selection
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import Allowance, TranslationRequest
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.terminal.console import CommandError, UsageError, check_writable

_AT_ONCE = 16
"""Pairs under way between two steps of the progress bar."""
LEAST_PAIRS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to calibrate, and on what."""

    model: str
    pairs: Path
    source: str | None = None
    target: str | None = None
    reverse: str | None = None
    """None: the model itself, where it translates back as well."""
    output: Path | None = None
    """None: beside the model's files."""
    at_most: int = 200
    num_silencing: int = 0
    """Pairs that are read again without each head; see `lost_without`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was found, on what, and where it is written."""

    model: str
    reverse: str | None
    pair: tuple[str, str]
    num_given: int
    num_left_out: int
    """Of those that were to be read: too long, or without words."""
    readings: Readings
    choice: Choice
    encoder: EncoderChoice
    config: AlignmentConfig
    path: Path
    lost: FloatArray | None
    """See `lost_without`; None where it was not asked for."""


def calibrate(plan: Plan, config: Path | None, report: Report) -> Calibration:
    """Read the pairs with every layer, head and row, and write down which of them shows the links best.

    Raises:
        UsageError: the model's languages, or where the file goes, have to be given.
        CommandError: there are too few pairs, or the file cannot be written.
        PairFileError, CheckpointError, ServiceError: texts or models cannot be used.
    """
    given = read_pairs(plan.pairs)
    pairs = spread(given, plan.at_most)
    _check_number(len(pairs), plan.pairs)
    models = _models(plan, config)
    path = _output(plan, models[0].location)
    read = _read_pairs(plan, pairs, models, settings_for(config, plan.model), report)
    _check_number(len(read.readings.forward), plan.pairs)
    report("Comparing layers, heads and rows")
    model = read.forward.model
    choice = choose(read.readings, Candidate.of(model.alignment, model.num_heads))
    encoder = choose_scale(Readings(read.readings.forward, read.compared), choice.chosen, len(SCALES))
    written = _config(model.alignment, choice, encoder)
    written.save(path)
    return Calibration(
        model=model.id,
        reverse=None if read.back is None else read.back.model.id,
        pair=(read.forward.source_lang, read.forward.target_lang),
        num_given=len(given),
        num_left_out=len(pairs) - len(read.readings.forward),
        readings=read.readings,
        choice=choice,
        encoder=encoder,
        config=written,
        path=path,
        lost=_lost(plan, read, models[0], report),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the models made of the pairs, and in which directions."""

    forward: Selection
    back: Selection | None
    whole: list[WholePair]
    readings: Readings
    compared: list[Reading]
    """What the encoder alone makes of both texts, turned."""


def _models(plan: Plan, config: Path | None) -> list[ModelSettings]:
    """The model, and the one of the opposite direction where it is named."""
    models = list(settings_for(config, plan.model).models)
    if plan.reverse is not None and plan.reverse != plan.model:
        models += settings_for(config, plan.reverse).models
    # As many at once as are asked for: it need not be measured what a wider batch would bring.
    return [model.model_copy(update={"target_batch": _AT_ONCE}) for model in models]


def _read_pairs(
    plan: Plan,
    pairs: Sequence[TextPair],
    models: Sequence[ModelSettings],
    settings: Settings,
    report: Report,
) -> _Read:
    with open_pipeline(models, settings, report) as pipeline:
        forward, back = _directions(plan, pipeline, models[-1].id)
        whole = asyncio.run(_translated(pairs, forward, pipeline.translator, report))
        readings, compared = asyncio.run(_read(whole, forward, back, report))
    return _Read(forward, back, whole, readings, compared)


def _config(alignment: AlignmentConfig, choice: Choice, encoder: EncoderChoice) -> AlignmentConfig:
    """With what was chosen, and all else as the model has it."""
    found = choice.chosen
    return AlignmentConfig(
        layer=found.layer,
        heads=found.heads,
        row=found.row,
        threshold=alignment.threshold,
        punctuation=alignment.punctuation,
        encoder_scale=SCALES[encoder.place] if encoder.is_good else None,
    )


def _lost(plan: Plan, read: _Read, model: ModelSettings, report: Report) -> FloatArray | None:
    """See `lost_without`; None where it is not asked for."""
    if plan.num_silencing == 0:
        return None
    return lost_without(read.forward, spread(read.whole, plan.num_silencing), model, report)


def _check_number(num_pairs: int, path: Path) -> None:
    if num_pairs < LEAST_PAIRS:
        raise CommandError(
            f"{path} has {num_pairs} pair(s) that can be read, too few to choose by: give {LEAST_PAIRS},"
            " better 100, a sentence in each line"
        )


def _output(plan: Plan, location: str) -> Path:
    """Where the file goes; better known before the work than after it."""
    if plan.output is not None:
        path = plan.output / ALIGNMENT_FILE if plan.output.is_dir() else plan.output
    elif location in starter_names():
        raise UsageError(
            f"{location} lies in an installed package, which the next installation replaces: say with"
            f" --output where {ALIGNMENT_FILE} goes"
        )
    else:
        path = (find_downloaded(location) or find_model(location)) / ALIGNMENT_FILE
    check_writable(path, "name another place with --output")
    return path


def _directions(plan: Plan, pipeline: LocalPipeline, reverse: str) -> tuple[Selection, Selection | None]:
    """The model for the pair, and the one that translates back; `reverse` is the id of a named one."""
    catalog, model = ModelCatalog(pipeline.models), pipeline.models[0]
    if model.task != "translation":
        raise CommandError(f"{model.id} is a {model.task} model: only those that translate have word links")
    source, target = plan.source, plan.target
    if source is None or target is None:
        fitting = [pair for pair in model.pairs if source in {None, pair[0]} and target in {None, pair[1]}]
        if len(fitting) != 1:
            raise UsageError(
                f"{model.id} translates {len(fitting)} such pairs of languages: give --from and --to"
            )
        source, target = fitting[0]
    forward = catalog.select(source, target, model.id)
    if plan.reverse is not None:
        return forward, catalog.select(forward.target_lang, forward.source_lang, reverse)
    try:
        back = catalog.reverse(forward)
    except ServiceError:
        return forward, None
    # Its encoder is a candidate here, also where an earlier calibration lets it stand in for a model.
    return forward, None if back.by_encoder else back


async def _translated(
    pairs: Sequence[TextPair], selection: Selection, translator: Translator, report: Report
) -> list[WholePair]:
    """With the model's own translations where none are given."""

    async def whole(pair: TextPair) -> WholePair:
        if pair.target is not None:
            return WholePair(pair.source, pair.target)
        request = TranslationRequest(
            text=pair.source,
            source_lang=selection.source_lang,
            target_lang=selection.target_lang,
            model=selection.model.id,
        )
        return WholePair(pair.source, (await translator.translate(request)).text)

    bar = _bar("Translating", len(pairs), report)
    found: list[WholePair] = []
    for start in range(0, len(pairs), _AT_ONCE):
        found += await asyncio.gather(*map(whole, pairs[start : start + _AT_ONCE]))
        bar(len(found))
    return found


async def _read(
    pairs: Sequence[WholePair], forward: Selection, back: Selection | None, report: Report
) -> tuple[Readings, list[Reading]]:
    """Of those pairs that every model can read; and what the encoder alone makes of them, turned."""
    encoder = Selection(forward.model, forward.target_lang, forward.source_lang, by_encoder=True)
    directions = [forward, encoder] if back is None else [forward, encoder, back]
    readable = [_readable(pair, directions) for pair in pairs]
    kept = [pair for pair in readable if pair is not None]
    bar = _bar("Reading", len(kept) * len(directions), report)
    num_read = 0
    found: list[list[Reading]] = []
    for number, selection in enumerate(directions):
        calls = EngineCalls(Allowance())
        readings: list[Reading] = []
        for start in range(0, len(kept), _AT_ONCE):
            some = [pair[number] for pair in kept[start : start + _AT_ONCE]]
            readings += await calls.run_parts(pair.read(selection, calls) for pair in some)
            num_read += len(some)
            bar(num_read)
        found.append(readings)
    return Readings(found[0], found[2] if back is not None else None), found[1]


def _readable(pair: WholePair, directions: Sequence[Selection]) -> list[ReadablePair] | None:
    """For each of the models; None where one of them cannot read it."""
    read = [
        ReadablePair.of(given, selection)
        for given, selection in zip((pair, pair.turned, pair.turned), directions, strict=False)
    ]
    found = [one for one in read if one is not None]
    return found if len(found) == len(read) else None


def _bar(what: str, number: int, report: Report) -> Callable[[int], None]:
    report(f"{what} {progress_bar(0)}")
    return lambda done: report(f"{what} {progress_bar(done / number)}")
