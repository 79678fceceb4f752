"""How many copies of a deployment there are, and what each takes of the machine."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from crosslate.service.section import PositiveFloat, PositiveInt, Section


class AutoscalingSettings(Section):
    """How many replicas, from how many requests are under way."""

    min_replicas: PositiveInt = 1
    max_replicas: PositiveInt = 4
    target_ongoing_requests: PositiveFloat = 32
    """Per replica; more start another."""
    upscale_delay_s: Annotated[float, Field(ge=0)] = 30
    downscale_delay_s: Annotated[float, Field(ge=0)] = 600

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is more than max_replicas")
        return self


class ReplicaSettings(Section):
    """Copies of a deployment, and what each one takes of the machine."""

    num_replicas: PositiveInt = 1
    autoscaling: AutoscalingSettings | None = None
    """Instead of a fixed `num_replicas`."""
    num_cpus: Annotated[float, Field(ge=0)] = 1
    """What Ray reserves on a cluster. It limits nothing: see `num_threads`."""
    num_gpus: Annotated[float, Field(ge=0)] = 0
    """Fractions share one device."""
    num_threads: PositiveInt | None = None
    """Threads of a tensor operation; by default the CPUs that a process may use, shared by the replicas."""


class GatewaySettings(ReplicaSettings):
    """The replicas that answer HTTP and hold the models placed there."""

    max_ongoing_requests: PositiveInt = 4096
    """Connections a replica handles at once. Overload is answered earlier, by each model's `max_waiting`."""
