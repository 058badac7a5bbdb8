"""What Flower, the operators' window, is told by the environment."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.setting_kinds import Host, Port, Secrets, WebAddress

_LOGIN: Final = re.compile(r"[^:]+:.+")


class FlowerSettings(BaseSettings):
    """Where Flower listens, who may look, what it keeps, where it leads."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    flower_basic_auth: Secrets = ()
    flower_address: Host = "127.0.0.1"
    flower_port: Port = 5555
    flower_db: str = ""
    flower_max_tasks: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    flower_url: WebAddress = ""
    console_url: WebAddress = ""

    @field_validator("flower_basic_auth")
    @classmethod
    def _logins(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_LOGIN.fullmatch(login.get_secret_value()) for login in value):
            raise ValueError("must be user:password, comma separated")
        return value

    def task_url(self, task_id: str | None) -> str:
        """Where Flower shows that task; empty where nobody said where it is."""
        if not (self.flower_url and task_id):
            return ""
        return f"{self.flower_url.rstrip('/')}/task/{quote(task_id, safe='')}"

    def tasks_url(self, charge_id: int) -> str:
        """Where Flower lists the tasks about a charge; empty where nobody said where it is."""
        if not self.flower_url:
            return ""
        # Flower takes a search from its address only behind one of its fields.
        search = f"charge kwargs:charge={charge_id} OR result:\"'charge': {charge_id},\""
        return f"{self.flower_url.rstrip('/')}/tasks?name={quote(search)}"
