"""Putting the parts of one process together: engines, pipeline, HTTP. Knows nothing of Ray."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from fastapi import FastAPI

from crosslate.models.errors import RequestFailedError
from crosslate.service.documents.jobs.opening import DocumentPlace, Documents
from crosslate.service.glossaries.glossaries import Glossaries
from crosslate.service.http.application import create_app, create_operation_app
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.front import Front
from crosslate.service.http.in_flight import InFlight
from crosslate.service.http.operation_server import OperationServer
from crosslate.service.http.readiness import Readiness
from crosslate.service.http.services import Services
from crosslate.service.loading.kernels import kernel_isa, shortfall
from crosslate.service.loading.loading import LocalModel, load_local_model, text_pipeline, warm_up
from crosslate.service.logs.logging import Logger, log_failed_load
from crosslate.service.pipeline.alignment.pictures import PictureThread
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.parts.copy_trial import with_tried_copying
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.process.machine import available_cpus
from crosslate.service.serving.accounts import Accounts
from crosslate.service.serving.metering import MeteredEngine
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics
from crosslate.service.serving.pipelines import Pipeline, Pipelines
from crosslate.service.serving.serving import Serving
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.replica_settings import ReplicaSettings
from crosslate.service.tracing.tracing import Tracing

_WARM_TEXT = "Good morning."


class LocalEngines:
    """The models of one process, each with its engine, warmed up and counted."""

    def __init__(self, models: Sequence[LocalModel], metrics: ServiceMetrics, logger: Logger) -> None:
        self._models = tuple(models)
        self._metrics = metrics
        self._logger = logger

    @classmethod
    async def load(
        cls,
        models: Sequence[ModelSettings],
        replica: ReplicaSettings,
        metrics: ServiceMetrics,
        logger: Logger,
        weights_dir: Path | None = None,
    ) -> Self:
        """Load one after the other and have each answer once; `weights_dir`: see `load_model`.

        Raises:
            CheckpointError: a checkpoint cannot be read.
            EngineError: a model did not answer.
        """
        load = partial(load_local_model, num_threads=_num_threads(replica), weights_dir=weights_dir)
        loaded = [await _load_one(model, load, metrics, logger) for model in models]
        if any(model.served.device == "cpu" for model in loaded) and (found := shortfall(kernel_isa())):
            logger.warning("kernels_slower", reason=found.reason, remedy=found.remedy)
        return cls(loaded, metrics, logger)

    @property
    def served(self) -> tuple[ServedModel, ...]:
        """The models, in order, with engines that count."""
        return tuple(
            dataclasses.replace(
                model.served, engine=MeteredEngine(model.served.engine, self._metrics, _labels(model.served))
            )
            for model in self._models
        )

    def check(self) -> None:
        """Pass if every engine steps.

        Raises:
            RequestFailedError: one does not.
        """
        for model in self._models:
            if not model.engine.is_healthy:
                self._logger.error(
                    "engine_unhealthy", model=model.served.id, engines_left=model.engine.num_healthy
                )
                raise RequestFailedError(f"an engine of {model.served.id} does not step any more")

    def close(self) -> None:
        """Stop the engines after their steps."""
        for model in self._models:
            model.engine.close()

    def stopped(self) -> list[str]:
        """The ids of the models of which no engine steps any more."""
        return [model.served.id for model in self._models if model.engine.num_healthy == 0]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One process that answers HTTP."""

    app: FastAPI
    operation: OperationServer | None
    """Where probes and metrics have a port of their own."""
    readiness: Readiness
    in_flight: InFlight
    accounts: Accounts
    documents: Documents
    glossaries: Glossaries
    tracing: Tracing | None
    """None: nobody wants traces."""

    async def drain(self, timeout_s: float) -> bool:
        """Refuse new requests with 503, wait for those under way; False if that took too long."""
        self.readiness.drain()
        await self.documents.close()
        is_idle = await self.in_flight.wait_until_idle(timeout_s)
        await self.accounts.close()
        await self._send_traces()
        return is_idle

    async def leave(self) -> None:
        """Others take over: of what is done in the background nothing new is begun."""
        await self.documents.leave()

    async def close(self) -> None:
        """Give documents back, write what was counted last, close the port of probes and metrics."""
        await self.documents.close()
        await self.glossaries.close()
        await self.accounts.close()
        await self._send_traces()
        if self.operation is not None:
            await self.operation.close()

    async def _send_traces(self) -> None:
        if self.tracing is not None:
            await self.tracing.close()


async def assemble_gateway(
    settings: Settings,
    models: Sequence[ServedModel],
    metrics: ServiceMetrics,
    render_metrics: Callable[[], Awaitable[bytes]],
    logger: Logger,
    *,
    stopped_models: Callable[[], Sequence[str]],
    front: Front | None = None,
    server_echoes_request_id: bool,
) -> Gateway:
    """The HTTP application over these models, all of which have answered already."""
    accounts = await Accounts.open(settings, metrics, logger)
    tracing = Tracing.open(settings.tracing, os.environ, logger)
    if tracing is not None:
        models = _traced(models, tracing)
    # One for all that works on texts: whoever has just given others a turn has done so for all.
    text_worker = TextWorker()
    pipeline = Pipeline(*text_pipeline(settings, models, text_worker))
    await pipeline.translator.detect(_WARM_TEXT)  # loads the detector's models
    choices = {key.models for key in accounts.access.keys.keys if key.models is not None}
    narrowed = {
        choice: Pipeline(*text_pipeline(settings, [m for m in models if m.id in choice], text_worker))
        for choice in choices
    }
    pipelines = Pipelines(pipeline, narrowed)
    pictures = PictureThread()
    await pictures.warm_up()
    readiness, in_flight = Readiness(stopped_models), InFlight()
    serving = Serving(
        pipelines,
        pictures.draw,
        access=accounts.access,
        limits=settings.limits,
        check_ready=readiness.check,
        metrics=metrics,
    )
    documents = Documents(_document_place(settings), pipelines, logger, metrics.observe_document)
    await documents.resume()
    glossaries = Glossaries(settings.glossaries, settings.store, settings.state_dir)
    services = Services(
        settings=settings,
        models=models,
        serving=serving,
        glossaries=glossaries,
        documents=documents,
        readiness=readiness,
        in_flight=in_flight,
        metrics=metrics,
        render_metrics=render_metrics,
        text_worker=text_worker,
        logger=logger,
        front=front,
        tracer=None if tracing is None else tracing.tracer,
        server_echoes_request_id=server_echoes_request_id,
    )
    return Gateway(
        app=create_app(services, DIALECTS),
        operation=await _open_operation_port(services),
        readiness=readiness,
        in_flight=in_flight,
        accounts=accounts,
        documents=documents,
        glossaries=glossaries,
        tracing=tracing,
    )


def _traced(models: Sequence[ServedModel], tracing: Tracing) -> list[ServedModel]:
    from crosslate.service.tracing.engine import TracedEngine

    return [
        dataclasses.replace(model, engine=TracedEngine(model.engine, tracing.tracer, model.id))
        for model in models
    ]


def _document_place(settings: Settings) -> DocumentPlace:
    return DocumentPlace(documents=settings.documents, store=settings.store, state_dir=settings.state_dir)


async def _open_operation_port(services: Services) -> OperationServer | None:
    settings = services.settings
    if settings.operation_port is None:
        return None
    app = create_operation_app(services)
    return await OperationServer.open(app, settings.host, settings.operation_port)


async def _load_one(
    settings: ModelSettings,
    load: Callable[[ModelSettings], LocalModel],
    metrics: ServiceMetrics,
    logger: Logger,
) -> LocalModel:
    started = time.perf_counter()
    try:
        model = await asyncio.to_thread(load, settings)
        await warm_up(model.served)
        model = dataclasses.replace(model, served=await with_tried_copying(model.served))
    except Exception as error:
        log_failed_load(logger, settings.id, error)
        raise
    seconds = time.perf_counter() - started
    metrics.observe_load(_labels(model.served), seconds)
    metrics.watch_engine(_labels(model.served), model.engine.stats)
    logger.info("model_ready", model=settings.id, seconds=round(seconds, 2), target_batch=model.target_batch)
    return model


def _labels(model: ServedModel) -> ModelLabels:
    return ModelLabels(model.id, model.task)


def _num_threads(replica: ReplicaSettings) -> int:
    """Ray gives a replica one OpenMP thread for each CPU that it reserves; we say what we mean instead."""
    most = replica.autoscaling.max_replicas if replica.autoscaling else replica.num_replicas
    return replica.num_threads or max(1, available_cpus() // most)
