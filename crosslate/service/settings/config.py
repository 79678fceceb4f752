"""Every setting of the service: one frozen schema, shared by the command line and `serve deploy`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from crosslate.models.checkpoints.model_files import starter_names
from crosslate.service.auth.settings import AuthSettings
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.pipeline.alignment.limits import MAX_ALIGNMENT_VALUES
from crosslate.service.pipeline.fidelity.protected.user_patterns import UserPatterns
from crosslate.service.process.machine import available_cpus
from crosslate.service.section import PositiveFloat, PositiveInt, Section
from crosslate.service.settings.replica_settings import GatewaySettings, ReplicaSettings
from crosslate.service.store.settings import StoreSettings
from crosslate.service.tracing.settings import TracingSettings

Port = Annotated[int, Field(ge=1, le=65535)]
PairKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+-[A-Za-z0-9_]+$")]
"""`en-de`, `zh_Hans-pt_BR`."""


def _as_pair(given: object) -> object:
    """Two languages, of which `en-pt` is the short form: read as the keys of `prefix` are."""
    pair = given.split("-") if isinstance(given, str) else given
    if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(x, str) and x for x in pair):
        return tuple(pair)
    raise ValueError("should be a pair of languages, such as [en, pt] or en-pt")


Pair = Annotated[tuple[str, str], BeforeValidator(_as_pair)]


class LogSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    """`auto`: console on a terminal, else one JSON object a line."""
    socket: str | None = None
    """A Unix stream socket that takes the lines, instead of standard error."""


class LimitSettings(Section):
    """What one request may ask for."""

    max_texts: PositiveInt = 128
    max_text_bytes: PositiveInt = 128 * 1024
    """UTF-8 bytes of all texts of a request."""
    max_body_bytes: PositiveInt = 1024 * 1024
    body_timeout_s: PositiveFloat = 30.0
    """From a request's headers to the end of its body; slower is a 408."""
    default_timeout_s: PositiveFloat = 30.0
    """For requests that give no `timeout_s`: for every 128 sentences, every 16 parts of long summaries."""
    max_timeout_s: PositiveFloat = 300.0
    max_alternatives: Annotated[int, Field(ge=0)] = 10
    max_beams: PositiveInt = 16
    """Beams, or samples at once, that a request may ask for: `num_beams`, and one for each alternative."""
    max_new_tokens: PositiveInt | None = None
    """The largest `max_new_tokens`. By default what the model writes at most, which always holds."""
    max_alignment_values: PositiveInt = MAX_ALIGNMENT_VALUES
    """Values of all alignment matrices of a request."""

    @model_validator(mode="after")
    def _check_timeouts(self) -> Self:
        if self.default_timeout_s > self.max_timeout_s:
            raise ValueError("default_timeout_s is longer than max_timeout_s")
        return self


def _check_origin(origin: str) -> str:
    parts = urlsplit(origin)
    if origin != "*" and origin != f"{parts.scheme}://{parts.netloc}".lower():
        raise ValueError('an origin is written as browsers send it, such as "https://example.org", or "*"')
    return origin


class CorsSettings(Section):
    """Which web pages may call the service from their visitors' browsers."""

    allow_origins: tuple[Annotated[str, AfterValidator(_check_origin)], ...] = ()
    """Such as `["https://example.org"]`; `["*"]`: all. By default none."""


class DetectionSettings(Section):
    """How the language of a text is detected."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.65
    """Of the likeliest language; with less the answer warns, and the target language is not taken for the
    text's own."""


def _known_device(device: str) -> str:
    if re.fullmatch(r"cpu|cuda(:\d+)?", device) is None:
        raise ValueError("should be cpu, cuda or cuda:N")
    return device


class ModelSettings(ReplicaSettings):
    """One model to serve. The replica settings hold where `placement` is `dedicated`."""

    id: Annotated[str, Field(min_length=1)]
    """The name that requests use."""
    path: Annotated[str, Field(min_length=1)] | None = None
    """A folder, a Hugging Face Hub id or a starter name; by default the `id`."""
    task: Literal["translation", "summarization"] | None = None
    """By default what the checkpoint is for."""
    pairs: tuple[Pair, ...] | None = None
    """What to offer, each as `[en, pt]` or `en-pt`; by default the pairs of the checkpoint."""
    prefix: str | dict[PairKey, str] | None = None
    """Words that tell the model its task, put before every sentence, or part of a text to be summarized: one
    for all, or by pair, such as `en-de`. By default those of the checkpoint."""
    device: Annotated[str, AfterValidator(_known_device)] = "cpu"
    """`cpu`, `cuda` or `cuda:N`."""
    dtype: Literal["auto", "float32", "bfloat16", "float16", "int8"] = "auto"
    placement: Literal["gateway", "dedicated"] = "gateway"
    """In the replica that answers HTTP, or in replicas of its own: one hop more, scaled apart."""
    num_engines: PositiveInt | None = None
    """Engines on the same weights, each with a thread and a batch of its own. By default one; for networks of
    up to 30 million parameters on a CPU one for each of `num_threads`, at most 4."""
    max_slots: PositiveInt = 64
    """Sequences decoded at once; a beam search of N takes N."""
    target_batch: PositiveInt | None = None
    """Sequences, or requests, decoded at once while no more requests wait. By default measured at the
    start: so many that a wider batch would save little."""
    max_encoder_tokens: PositiveInt | None = None
    """Source tokens encoded in one step, padding included. By default 192 on a CPU, 4096 on a GPU."""
    max_cache_bytes: PositiveInt | None = None
    """Memory for what an engine remembers of the sequences that it decodes: others wait, and a text that
    needs more alone is answered 413. By default two fifths of what is available at the start."""
    max_waiting: PositiveInt = 1024
    """Requests in the queue, however many texts each has; further ones are answered 429."""
    max_step_s: PositiveFloat | None = None
    """An engine whose step takes longer counts as hung, and is replaced. By default 60 s; longer, in
    proportion, for models that read more than 4096 tokens at once."""
    license: str | None = None
    """Shown by `/v1/models`, where the checkpoint says nothing."""

    @model_validator(mode="before")
    @classmethod
    def _take_id_alone(cls, given: object) -> object:
        """As a model is named on the command line."""
        return {"id": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _check_placement(self) -> Self:
        idle = [
            name
            for name, field in ReplicaSettings.model_fields.items()
            if getattr(self, name) != field.default
        ]
        if self.placement == "gateway" and idle:
            raise ValueError(
                f"{idle[0]} needs placement: dedicated; the gateway's replicas are set under gateway"
            )
        if self.placement == "dedicated" and self.device.startswith("cuda") and not self.num_gpus:
            raise ValueError(f"device {self.device} needs num_gpus above 0")
        return self

    @property
    def pair_prefixes(self) -> dict[tuple[str, str], str]:
        """`prefix` by source and target, where it is given so."""
        if not isinstance(self.prefix, dict):
            return {}
        by_pair: dict[tuple[str, str], str] = {}
        for key, prefix in self.prefix.items():
            source, target = (code.replace("_", "-") for code in key.split("-"))
            by_pair[source, target] = prefix
        return by_pair

    @property
    def location(self) -> str:
        """Where the checkpoint comes from."""
        return self.path or self.id


def _starters() -> tuple[ModelSettings, ...]:
    return tuple(ModelSettings(id=name) for name in starter_names())


def _gateway_for(others: dict[str, Any]) -> GatewaySettings:
    models: tuple[ModelSettings, ...] = others.get("models", ())
    are_small = all(model.location in starter_names() for model in models)
    return GatewaySettings(num_replicas=min(2, available_cpus()) if are_small else 1)


def _patterns(given: tuple[str, ...]) -> tuple[str, ...]:
    UserPatterns(given)  # raises where one is none
    return given


Protected = Annotated[tuple[str, ...], AfterValidator(_patterns)]


class Settings(Section):
    """The whole configuration. Constructing it reads nothing: `config_sources.load_settings` does."""

    host: str = "127.0.0.1"
    port: Port = 8000
    operation_port: Port | None = None
    """For `/livez`, `/readyz` and `/metrics`, which are then not on `port`."""
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()
    limits: LimitSettings = LimitSettings()
    cors: CorsSettings = CorsSettings()
    detection: DetectionSettings = DetectionSettings()
    auth: AuthSettings = AuthSettings()
    store: StoreSettings = StoreSettings()
    """What outlives a replica; opened only where something is kept there: what keys have used, documents,
    glossaries."""
    documents: DocumentSettings = DocumentSettings()
    glossaries: GlossarySettings = GlossarySettings()
    state_dir: Path | None = None
    """Where the store is by default; by default `crosslate` in `$XDG_STATE_HOME` or `~/.local/state`."""
    weights_dir: Path | Literal["none"] | None = None
    """Where int8 weights are kept once they are packed: replicas of a machine share them in memory, and a
    later start finds them. By default `crosslate/weights` in `$XDG_CACHE_HOME` or `~/.cache`; `none`: each
    replica packs its own."""
    models: tuple[ModelSettings, ...] = Field(default_factory=_starters)
    """By default the starter models."""
    gateway: GatewaySettings = Field(default_factory=_gateway_for)
    """By default one replica; with starter models only, which are small, one for each CPU, at most two."""
    guard: bool = True
    """Try a sentence again, with other decoding, where its translation loops, says words twice, adds a
    parenthesis, copies the source or has an absurd length; and a part whose summary loops or is empty."""
    protect: Protected = ()
    """Patterns in RE2's syntax of what is never translated."""
    pivot: bool = True
    """Translate through a third language where no model has the pair."""
    startup_timeout_s: PositiveFloat = 600.0
    """Until every model has answered; longer is a failed start."""
    drain_timeout_s: PositiveFloat = 20.0
    """For requests under way when the service stops."""
    keepalive_s: PositiveFloat = 10.0
    """Between two `: ping` comments of an idle event stream; where it is shorter than 4 s, also between two
    blanks ahead of a late answer to a DeepL client."""

    @field_validator("gateway")
    @classmethod
    def _count_replicas(cls, given: GatewaySettings, others: ValidationInfo) -> GatewaySettings:
        """Its other keys leave the number of replicas what it is by default, but on a GPU."""
        if given.autoscaling or given.num_gpus or "num_replicas" in given.model_fields_set:
            return given
        return given.model_copy(update={"num_replicas": _gateway_for(others.data).num_replicas})

    @model_validator(mode="after")
    def _check_models(self) -> Self:
        if not self.models:
            raise ValueError("models: name at least one model, or leave the key out for the starter models")
        ids = [model.id for model in self.models]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"models: the id {twice[0]!r} stands there more than once")
        return self

    @model_validator(mode="after")
    def _check_ports(self) -> Self:
        if self.operation_port == self.port:
            raise ValueError("operation_port is the same as port")
        return self

    @model_validator(mode="after")
    def _check_key_models(self) -> Self:
        ids = {model.id for model in self.models}
        for key in self.auth.keys:
            if unknown := sorted(set(key.models or ()) - ids):
                raise ValueError(f"auth.keys: {key.name}: the model {unknown[0]!r} is not configured")
        return self

    @model_validator(mode="after")
    def _check_gateway_devices(self) -> Self:
        on_gpu = [m.id for m in self.models if m.placement == "gateway" and m.device.startswith("cuda")]
        if on_gpu and not self.gateway.num_gpus:
            raise ValueError(
                f"the model {on_gpu[0]!r} is on a GPU in the gateway: set gateway.num_gpus above 0"
            )
        return self
