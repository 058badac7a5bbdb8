"""What sending events to the ticketing platform reads from the environment."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.setting_kinds import Port, Seconds

_RANGE: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def _parts(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _ports(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = [_RANGE.fullmatch(part) for part in value.replace(",", " ").split()]
    if not all(found):
        raise ValueError("must be ports and ranges of ports: 8443, 9000-9010")
    ends = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    return {port for first, last in ends for port in range(first, last + 1)}


Ports = Annotated[frozenset[Port], NoDecode, BeforeValidator(_ports)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_parts)]


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
