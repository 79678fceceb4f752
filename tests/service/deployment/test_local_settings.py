from __future__ import annotations

import pytest

from crosslate.service.deployment.local_settings import num_models, replicas_wanted, unreserved
from crosslate.service.settings.config import Settings


def test_local_replicas_reserve_no_cpus_and_keep_all_else() -> None:
    """Each new one beside an old one, and those of autoscaling, would wait for a CPU to be free."""
    settings = Settings.model_validate(
        {
            "models": [
                {"id": "starter/en-pt"},
                {"id": "starter/pt-en", "placement": "dedicated", "num_cpus": 3, "num_replicas": 2},
            ],
            "gateway": {"num_cpus": 2, "autoscaling": {"max_replicas": 8}},
        }
    )
    local = unreserved(settings)
    assert [model.num_cpus for model in local.models] == [0, 0]
    assert local.gateway.num_cpus == 0
    assert local.models[1].num_replicas == 2
    assert local.gateway.autoscaling == settings.gateway.autoscaling
    assert settings.models[1].num_cpus == 3, "what was read stays"


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        ({}, 1 + 2),
        ({"num_replicas": 3}, 3 + 2),
        ({"autoscaling": {"min_replicas": 2, "max_replicas": 4}}, 2 + 2),
    ],
)
def test_models_are_counted_in_the_replicas_that_load_them(gateway: dict[str, object], expected: int) -> None:
    models = [{"id": "starter/en-pt"}, {"id": "starter/pt-en", "placement": "dedicated", "num_replicas": 2}]
    settings = Settings.model_validate({"models": models, "gateway": {"num_replicas": 1, **gateway}})
    assert num_models(settings) == expected
    assert replicas_wanted(settings) == {"starter/en-pt": expected - 2, "starter/pt-en": 2}
