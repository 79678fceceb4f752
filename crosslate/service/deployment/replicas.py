"""Ray Serve deployments: where the processes live and how many there are. The only module that knows Ray.

The process that only hands them to Ray imports this, too: so what loads models or answers HTTP, and with it
torch, is imported where a replica is made.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.serve.config import AutoscalingConfig
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import LoggingConfig

from crosslate.service.deployment.front_address import front_address
from crosslate.service.deployment.local_settings import replicas_wanted
from crosslate.service.deployment.replica_leaving import on_leaving
from crosslate.service.deployment.replica_port import close_at_once, keep_replica_port_local
from crosslate.service.logs.logging import create_logger, log_engines
from crosslate.service.process.garbage import collect_seldom, spare_what_is_loaded
from crosslate.service.process.weights_folder import weights_folder
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.replica_settings import ReplicaSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from crosslate.models.arrays import FloatArray
    from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
    from crosslate.service.pipeline.engines.served_model import ServedModel
    from crosslate.service.serving.metrics import Snapshot

APP_NAME = "crosslate"
GATEWAY = "Gateway"

# Ray notices by it that a replica was killed, and starts another one.
_HEALTH_CHECK_PERIOD_S = 2
_HEALTH_CHECK_TIMEOUT_S = 30
# A replica that goes while the service stays takes requests until HAProxy knows of those that stay, and then
# ends with the longest of them: nobody is in a hurry. Where the service ends, `drain` is before that.
_LEAVING_S = 60.0
_ASK_TIMEOUT_S = 5.0
# An engine's thread asks for Python's lock several times a token. While the event loop is busy with another
# request it would get it only after Python's 5 ms each time.
_SWITCH_INTERVAL_S = 0.0005
# A replica may be killed while it loads, as when memory is short for a moment. Ray allows each at most three.
_CONSTRUCTOR_TRIES = 3


class EngineReplica:
    """One dedicated model: an engine that gateways reach through a handle."""

    async def __init__(  # type: ignore[misc]  # Ray awaits a constructor
        self, settings: Settings, model: ModelSettings
    ) -> None:
        collect_seldom()
        from crosslate.service.assembly import LocalEngines
        from crosslate.service.serving.metrics import ServiceMetrics

        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        keep_replica_port_local()
        self._settings = settings
        self._metrics = ServiceMetrics()
        logger = create_logger(settings.log)
        log_engines(logger)
        self._engines = await LocalEngines.load(
            [model], model, self._metrics, logger, weights_folder(settings.weights_dir)
        )
        (self._model,) = self._engines.served
        spare_what_is_loaded()

    def describe(self) -> ServedModel:
        """The model as other processes see it: its engine is this deployment, through a handle."""
        from crosslate.service.deployment.remote_engine import RemoteEngine

        context = serve.get_replica_context()
        handle = serve.get_deployment_handle(context.deployment, context.app_name)
        return dataclasses.replace(self._model, engine=RemoteEngine(handle))

    async def generate(self, request: GenerationRequest, timeout_s: float | None) -> GenerationOutput:
        """As `EngineClient.generate`."""
        return await self._model.engine.generate(request, timeout_s=timeout_s)

    async def stream(
        self, request: GenerationRequest, timeout_s: float | None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """As `EngineClient.stream`."""
        async with aclosing(self._model.engine.stream(request, timeout_s=timeout_s)) as items:
            async for item in items:
                yield item

    async def align(self, request: AlignmentRequest, timeout_s: float | None) -> FloatArray:
        """As `EngineClient.align`."""
        return await self._model.engine.align(request, timeout_s=timeout_s)

    async def metrics(self) -> tuple[str, Snapshot]:
        """This replica's name and what it has counted."""
        return _replica_name(), self._metrics.snapshot()

    async def has(self, settings: Settings) -> bool:
        """Whether these are the ones that it was made with."""
        return self._settings == settings

    async def check_health(self) -> None:
        """Raise if the engine does not step any more; Ray then starts another replica."""
        self._engines.check()


class GatewayReplica:
    """Answers HTTP and holds the models that are placed with it."""

    async def __init__(  # type: ignore[misc]  # Ray awaits a constructor
        self,
        settings: Settings,
        dedicated: Mapping[str, DeploymentHandle[Any]],
        *others: DeploymentHandle[Any],
    ) -> None:
        collect_seldom()
        from crosslate.service.assembly import LocalEngines, assemble_gateway
        from crosslate.service.http.front import Front
        from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics

        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        keep_replica_port_local()
        self._settings = settings
        self._dedicated = dict(dedicated)
        self._metrics = ServiceMetrics()
        self._logger = create_logger(settings.log)
        log_engines(self._logger)
        own = [model for model in settings.models if model.placement == "gateway"]
        self._engines = await LocalEngines.load(
            own, settings.gateway, self._metrics, self._logger, weights_folder(settings.weights_dir)
        )
        # A dedicated replica describes itself once it has loaded and answered.
        elsewhere = await asyncio.gather(*(handle.describe.remote() for handle in dedicated.values()))
        by_id = {model.id: model for model in (*self._engines.served, *elsewhere)}
        models = [by_id[model.id] for model in settings.models]
        for model_id, number in replicas_wanted(settings).items():
            self._metrics.want_replicas(ModelLabels(model_id, by_id[model_id].task), number)
        self._gateway = await assemble_gateway(
            settings,
            models,
            self._metrics,
            self._render_metrics,
            self._logger,
            stopped_models=self._engines.stopped,
            front=Front(front_address),
            server_echoes_request_id=True,
        )
        on_leaving(self._gateway.leave)
        spare_what_is_loaded()

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Ray asks for this after the constructor."""
        return self._gateway.app

    async def metrics(self) -> tuple[str, Snapshot]:
        """This replica's name and what it has counted."""
        return _replica_name(), self._metrics.snapshot()

    async def has(self, settings: Settings) -> tuple[str, bool]:
        """Its name, and whether it was made with these settings, as all are whom it asks."""
        calls = [handle.broadcast("has", settings) for handle in self._dedicated.values()]
        answers = await asyncio.gather(*(call.results_async(timeout_s=_ASK_TIMEOUT_S) for call in calls))
        return _replica_name(), all([self._settings == settings, *itertools.chain(*answers)])

    async def drain(self) -> bool:
        """The service ends: refuse new requests, wait for those under way; False if that took too long."""
        close_at_once()
        return await self._gateway.drain(self._settings.drain_timeout_s)

    async def check_health(self) -> None:
        """Raise if an engine does not step any more; Ray then starts another replica."""
        self._engines.check()

    async def __del__(self) -> None:
        """Ray awaits it where this replica goes, with nothing under way; the service may stay.

        Also of one that is still loading.
        """
        if hasattr(self, "_gateway"):
            await self._gateway.close()

    async def _render_metrics(self) -> bytes:
        """Of every replica, since the load balancer hands a scrape to any of them."""
        from crosslate.service.serving.metrics import render_metrics

        context = serve.get_replica_context()
        gateways = serve.get_deployment_handle(context.deployment, context.app_name)
        calls = [handle.broadcast("metrics") for handle in (gateways, *self._dedicated.values())]
        # One that has just ended takes only its own away.
        answers = await asyncio.gather(
            *(call.results_async(timeout_s=_ASK_TIMEOUT_S, return_exceptions=True) for call in calls),
            return_exceptions=True,
        )
        snapshots = dict([await self.metrics()])
        for answer in itertools.chain(*([a] if isinstance(a, BaseException) else a for a in answers)):
            if isinstance(answer, BaseException):
                self._logger.warning("metrics_incomplete", exception=type(answer).__name__)
            else:
                snapshots.update([answer])
        return render_metrics(snapshots)


def build_application(
    settings: Settings,
    version: str | None = None,
    dedicated: Mapping[str, serve.Application] | None = None,
    others: Sequence[serve.Application] = (),
) -> serve.Application:
    """The gateway, and a deployment for each dedicated model.

    Args:
        settings: what all get.
        version: of the gateway; one that is deployed with the same again stays as it is.
        dedicated: as `dedicated_models` gives them; None: have it do so.
        others: deployed, too: models that only gateways from before use.
    """
    own = dedicated_models(settings, version) if dedicated is None else dict(dedicated)
    return _versioned(_gateway_deployment(settings), version).bind(settings, own, *others)


def dedicated_models(settings: Settings, version: str | None = None) -> dict[str, serve.Application]:
    """A deployment for each model that has one, by its id."""
    return {
        model.id: _versioned(_engine_deployment(settings, model), version).bind(settings, model)
        for model in settings.models
        if model.placement == "dedicated"
    }


def _versioned(deployment: serve.Deployment, version: str | None) -> serve.Deployment:
    """Ray would take each that it is handed for another one than before."""
    return deployment if version is None else deployment.options(version=version, _internal=True)


def _gateway_deployment(settings: Settings) -> serve.Deployment:
    deploy = serve.deployment(name=GATEWAY, max_ongoing_requests=settings.gateway.max_ongoing_requests)
    return _placed(deploy(serve.ingress()(GatewayReplica)), settings.gateway, settings)


def _engine_deployment(settings: Settings, model: ModelSettings) -> serve.Deployment:
    from crosslate.service.pipeline.engines.engine_calls import MAX_PARTS

    deploy = serve.deployment(
        name=model.id.replace("/", "--"),
        # Each with all its parts. The engine's own queue refuses the surplus, and says when to come back.
        max_ongoing_requests=2 * (model.max_slots + model.max_waiting) * MAX_PARTS,
    )
    return _placed(deploy(EngineReplica), model, settings)


def _placed(deployment: serve.Deployment, replica: ReplicaSettings, settings: Settings) -> serve.Deployment:
    placed = deployment.options(
        health_check_period_s=_HEALTH_CHECK_PERIOD_S,
        health_check_timeout_s=_HEALTH_CHECK_TIMEOUT_S,
        graceful_shutdown_timeout_s=_LEAVING_S + max(settings.drain_timeout_s, settings.limits.max_timeout_s),
        max_constructor_retry_count=_CONSTRUCTOR_TRIES,
        # A new replica takes over before an old one goes: a changed setting is no outage, even of one.
        max_surge_percent=100,
        ray_actor_options={"num_cpus": replica.num_cpus, "num_gpus": replica.num_gpus},
        logging_config=LoggingConfig(log_level="WARNING", enable_access_log=False),
    )
    if replica.autoscaling is None:
        return placed.options(num_replicas=replica.num_replicas)
    return placed.options(
        autoscaling_config=AutoscalingConfig(
            min_replicas=replica.autoscaling.min_replicas,
            max_replicas=replica.autoscaling.max_replicas,
            target_ongoing_requests=replica.autoscaling.target_ongoing_requests,
            upscale_delay_s=replica.autoscaling.upscale_delay_s,
            downscale_delay_s=replica.autoscaling.downscale_delay_s,
        )
    )


def _replica_name() -> str:
    return str(serve.get_replica_context().replica_tag)
