"""Readiness: what is away is said, and only a database turns requests away."""

import os
import signal
from pathlib import Path

import pytest

from local.engines import Redis
from local.folders import temporary_folder
from tests.api.platform import make_platform

FAULTS = {"dead": signal.SIGKILL, "stopped": signal.SIGSTOP}


@pytest.mark.parametrize("fault", FAULTS)
def test_without_redis_the_shim_is_degraded_and_ready(database_url: str, fault: str) -> None:
    with temporary_folder("health") as folder, Redis(Path(folder)) as redis:
        platform = make_platform(database_url, redis.url)
        before = platform.ask("GET", "/health/ready")
        os.kill(redis.pid, FAULTS[fault])

        after = platform.ask("GET", "/health/ready")
        accepted = platform.charge(platform.order())

        redis.kill()
        platform.deps.engine.dispose()
    assert (before.status_code, before.json) == (
        200,
        {"status": "ok", "database": "ok", "broker": "ok"},
    )
    assert (after.status_code, after.json) == (
        200,
        {"status": "degraded", "database": "ok", "broker": "away"},
    )
    assert accepted.status_code == 202
