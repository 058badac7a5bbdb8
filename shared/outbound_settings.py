"""What sending events to the ticketing platform reads from the environment."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _parts(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _ports(value: object) -> object:
    if not isinstance(value, str):
        return value
    ends = [part.partition("-") for part in value.replace(",", " ").split()]
    return {port for first, _, last in ends for port in range(int(first), int(last or first) + 1)}


Port = Annotated[int, Field(ge=1, le=65535)]
Ports = Annotated[frozenset[Port], NoDecode, BeforeValidator(_ports)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_parts)]
Seconds = Annotated[float, Field(gt=0)]


class OutboundSettings(BaseSettings):
    """Where events may go, and how long one delivery may take."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    outbound_allowed_networks: Networks = ()
    outbound_allowed_ports: Ports = frozenset()
    outbound_connect_timeout: Seconds = 5
    outbound_timeout: Seconds = 10
    outbound_lease: Seconds = 30

    @model_validator(mode="after")
    def _outlives(self) -> Self:
        if self.outbound_lease <= self.outbound_timeout:
            raise ValueError("OUTBOUND_LEASE must be longer than OUTBOUND_TIMEOUT")
        return self
