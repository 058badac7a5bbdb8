"""What Flower, the operators' window, reads from the environment; here it is checked only."""

from __future__ import annotations

import re
from typing import Final

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.setting_kinds import Host, Port, Secrets

_LOGIN: Final = re.compile(r"[^:]+:.+")


class FlowerSettings(BaseSettings):
    """Where Flower listens, and who may look; the Procfile hands it these."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    flower_basic_auth: Secrets = ()
    flower_address: Host = "127.0.0.1"
    flower_port: Port = 5555

    @field_validator("flower_basic_auth")
    @classmethod
    def _logins(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_LOGIN.fullmatch(login.get_secret_value()) for login in value):
            raise ValueError("must be user:password, comma separated")
        return value
