"""What circuits read from the environment: when they open, how long they rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.domain.circuit import Rules
from shared.setting_kinds import Seconds


class CircuitSettings(BaseSettings):
    """Numbers per process and per account at a provider."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    circuit_window: Seconds = 60
    circuit_least_calls: Annotated[int, Field(ge=1, le=100_000)] = 20
    circuit_ailing_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    circuit_first_rest: Seconds = 5
    circuit_longest_rest: Seconds = 20

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.circuit_longest_rest < self.circuit_first_rest:
            raise ValueError("CIRCUIT_LONGEST_REST must not be shorter than CIRCUIT_FIRST_REST")
        return self

    @property
    def circuit_rules(self) -> Rules:
        """When circuits open, how long they rest."""
        return Rules(
            window=timedelta(seconds=self.circuit_window),
            least_calls=self.circuit_least_calls,
            ailing_share=self.circuit_ailing_share,
            first_rest=timedelta(seconds=self.circuit_first_rest),
            longest_rest=timedelta(seconds=self.circuit_longest_rest),
        )
