"""What is served and how it is: `/v1/models`, `/v1/languages`, probes, metrics, version."""

from __future__ import annotations

import importlib.metadata

from fastapi import APIRouter
from starlette.responses import Response

from crosslate.service.http import problems
from crosslate.service.http.front import Front
from crosslate.service.http.openapi import operation_id, responses
from crosslate.service.http.operation_responses import (
    AlignmentMethodAnswer,
    LanguageAnswer,
    LanguagesAnswer,
    ModelAnswer,
    ModelsAnswer,
    StatusAnswer,
    VersionAnswer,
)
from crosslate.service.http.services import Services
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.language.languages import language_name
from crosslate.service.serving.metrics import CONTENT_TYPE

DISTRIBUTION = "crosslate"

_PROMETHEUS = {"text/plain": "Prometheus' text format."}
_MAX_LISTED_PAIRS = 500
"""Of a model; a multilingual one has tens of thousands."""


def catalog_routes(services: Services) -> APIRouter:
    """What is served."""
    router = APIRouter(prefix="/v1", tags=["catalog"], generate_unique_id_function=operation_id)
    models = [_model_answer(model, services) for model in services.models]
    languages = LanguagesAnswer(data=served_languages(services)).model_dump_json()

    @router.get("/models", responses=responses(problems.ANYWHERE))
    async def list_models() -> ModelsAnswer:
        """The configured models."""
        state = {"state": services.readiness.state}
        return ModelsAnswer(data=[model.model_copy(update=state) for model in models])

    @router.get(
        "/languages",
        response_model=LanguagesAnswer,
        responses=responses(problems.ANYWHERE),
    )
    async def list_languages() -> Response:
        """The source languages, each with its targets."""
        return Response(languages, media_type="application/json")

    return router


def operation_routes(services: Services, front: Front | None = None) -> APIRouter:
    """Probes and metrics: on a port of their own where there is one, and then with what is in front."""
    router = APIRouter(tags=["operation"], generate_unique_id_function=operation_id)

    @router.get("/livez", responses=responses(()))
    async def livez() -> StatusAnswer:
        """200 while the process answers."""
        return StatusAnswer()

    @router.get("/readyz", responses=responses(problems.READY))
    async def readyz() -> StatusAnswer:
        """200 once every configured model has answered one warm request; 503 while loading or draining."""
        services.readiness.check_probe()
        if front is not None:
            await front.check()
        return StatusAnswer()

    @router.get("/metrics", response_class=Response, responses=responses(problems.ANYWHERE, _PROMETHEUS))
    async def metrics() -> Response:
        """Prometheus metrics of all replicas, told apart by the label `replica`."""
        return Response(await services.render_metrics(), headers={"Content-Type": CONTENT_TYPE})

    return router


def version_routes(services: Services) -> APIRouter:
    """Which server this is."""
    router = APIRouter(tags=["operation"], generate_unique_id_function=operation_id)
    answer = VersionAnswer(version=importlib.metadata.version(DISTRIBUTION))

    @router.get("/version", responses=responses(problems.ANYWHERE))
    async def version() -> VersionAnswer:
        """The version of the server."""
        return answer

    return router


def served_languages(services: Services) -> list[LanguageAnswer]:
    """The source languages in alphabetical order, each with its targets."""
    catalog = ModelCatalog(services.models, pivots=services.settings.pivot)
    return [
        LanguageAnswer(
            lang=source,
            name=language_name(source),
            targets=sorted([*catalog.targets_of(source), *catalog.pivoted_targets_of(source)]),
            pivoted=sorted(catalog.pivoted_targets_of(source)),
        )
        for source in sorted(catalog.source_languages())
    ]


def _model_answer(model: ServedModel, services: Services) -> ModelAnswer:
    return ModelAnswer(
        id=model.id,
        task=model.task,
        family=model.family,
        pairs=list(model.pairs) if len(model.pairs) <= _MAX_LISTED_PAIRS else [],
        num_pairs=len(model.pairs),
        source_langs=list(dict.fromkeys(source for source, _ in model.pairs)),
        target_langs=list(dict.fromkeys(target for _, target in model.pairs)),
        device=model.device,
        dtype=model.dtype,
        state=services.readiness.state,
        alignment=AlignmentMethodAnswer.model_validate(model.alignment),
        max_source_tokens=model.max_source_tokens,
        size_bytes=model.size_bytes,
        license=model.license,
    )
