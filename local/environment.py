"""The environment in which the system's processes run."""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from local.development_keys import DevelopmentKeys
from local.engines import EngineUrls
from local.folders import PROJECT
from local.ports import free_port
from local.sandboxed import Sandbox
from sandbox.tenants import publishable_key

STRANGE = frozenset(
    {
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
        *("VIRTUAL_ENV", "GUNICORN_CMD_ARGS"),
    }
)
# Names the file by which a shell gets this system's settings.
KEPT_IN = "CHARGEHAND_SETTINGS"
PROVIDER_KEYS = ("STRIPE_API_KEY", "PAYPAL_CLIENT_ID")


def given() -> dict[str, str]:
    """What the person set, without what would make our programs load other code, or load slowly."""
    return {name: value for name, value in os.environ.items() if value and name not in STRANGE}


def has_providers(environment: Mapping[str, str]) -> bool:
    """Whether the person brought a provider's keys, so that no sandbox is wanted."""
    return any(name in environment for name in PROVIDER_KEYS)


def is_sandboxed(environment: Mapping[str, str]) -> bool:
    """Whether the sandbox plays the providers of this system."""
    return environment.get("STRIPE_API_BASE", "").startswith("http://127.0.0.1:")


def complete(
    environment: Mapping[str, str], urls: EngineUrls, keys: DevelopmentKeys
) -> dict[str, str]:
    """Add what the person left out: engines, keys, free ports; the project's programs go first."""
    programs = str(Path(sys.executable).parent)
    system = {
        "ENVIRONMENT": "development",
        "PORT": str(free_port(8000)),
        "FLOWER_PORT": str(free_port(5555)),
        **keys.of_chargehand(),
        **environment,
        "DATABASE_URL": urls.database,
        "REDIS_URL": urls.redis,
        "PATH": os.pathsep.join([programs, environment.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }
    flower = f"http://127.0.0.1:{system['FLOWER_PORT']}"
    return {"CONSOLE_URL": web_url(system), "FLOWER_URL": flower, **system}


def sandboxed(
    environment: Mapping[str, str], sandbox: Sandbox, keys: DevelopmentKeys
) -> dict[str, str]:
    """The same, with the sandbox as Stripe and PayPal."""
    return {
        **environment,
        **keys.of_providers(),
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_CONNECT_BASE": sandbox.url,
        "STRIPE_PUBLISHABLE_KEY": publishable_key(keys.STRIPE_API_KEY),
        "STRIPE_RATE_LIMIT": "0",  # it has none
        "PAYPAL_API_BASE": sandbox.url,
        "PAYPAL_MODE": "sandbox",
        "PAYPAL_CERT_ROOTS": str(sandbox.root_certificate),
        "PAYPAL_CERT_HOSTS": "127.0.0.1",
    }


def keep(system: Mapping[str, str], path: Path) -> None:
    """Write every setting where a shell of the same person may read it."""
    known = re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(
            f"export {name}={shlex.quote(value)}\n"
            for name, value in system.items()
            if name in known
        )


def command_line(system: Mapping[str, str]) -> str:
    """How a person operates this system from another terminal."""
    return f". {shlex.quote(system[KEPT_IN])}; script/chargehand doctor"


def console_link(system: Mapping[str, str]) -> str:
    """Where the console is, and the command whose token signs an operator in there."""
    # A secret that the person brought along is theirs to know; script/token finds it where it was.
    secret = "" if given().get("JWT_SECRET") else f"JWT_SECRET={system['JWT_SECRET']} "
    command = f"{secret}script/token operator --scope ops:act"
    return f"{web_url(system)}/ops  sign in by the token of: {command}"


def web_url(environment: Mapping[str, str]) -> str:
    """Where the API answers."""
    return f"http://127.0.0.1:{environment['PORT']}"
