"""Each guard, as the benchmark measures it, does to a charge what it says."""

from functools import partial

from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text

from api_shim.fixed_windows import Counter
from benchmarks import guards
from benchmarks.charge.backlog import fill
from benchmarks.charge.contestants import OURS
from local.development_keys import DevelopmentKeys
from tests.api.platform import make_platform

NOWHERE = "redis://nowhere.invalid:1/0"


def test_each_guard_of_the_benchmark_runs(database_url: str) -> None:
    platform = make_platform(database_url, NOWHERE)
    deps = platform.deps
    fill(database_url, OURS, 1, DevelopmentKeys().ENCRYPTION_KEYS)
    trace = partial(guards.trace, TracerProvider().get_tracer("test"))

    with deps.engine.begin() as connection:
        charge = connection.scalar(text("SELECT max(id) FROM charges"))
        for guard in (guards.freeze, guards.record, trace):
            guard(deps, connection, charge)
        attempts = connection.scalar(text("SELECT count(*) FROM attempts"))
        moves = connection.scalar(text("SELECT count(*) FROM transitions"))
    guards.seal(deps)
    guards.count()
    guards.check_token(deps.settings, platform.token({"sub": "buyer"}))
    guards.limit(Counter(NOWHERE))

    assert (attempts, moves) == (1, 2)
    deps.engine.dispose()
