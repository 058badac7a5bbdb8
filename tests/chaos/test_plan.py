"""The plan: drawn from its seed alone, fair to every kind of fault."""

from collections import Counter

from chaos.plan import COMA_SECONDS, STORM, STORM_SECONDS, Targets, draw, storms

PROCESSES = ["web", "worker.1", "worker.2"]
LINKS = ["web-postgres", "worker-redis"]
TARGETS = Targets(PROCESSES, LINKS, PROCESSES[1:])


def test_the_same_seed_draws_the_same_plan_another_seed_another() -> None:
    plan = draw(7, 200, TARGETS)

    assert plan == draw(7, 200, TARGETS)
    assert plan != draw(8, 200, TARGETS)


def test_so_many_faults_as_wanted_strike_in_storms_in_their_order() -> None:
    plan = draw(7, 2 * STORM + 1, TARGETS)

    assert [len(storm) for storm in storms(plan)] == [STORM, STORM, 1]
    for storm in storms(plan):
        assert [one.at for one in storm] == sorted(one.at for one in storm)
        assert all(0 <= one.at <= STORM_SECONDS for one in storm)


def test_every_family_of_faults_strikes_about_as_often_as_any_other() -> None:
    kinds = Counter(one.kind for one in draw(7, 600, TARGETS))

    assert set(kinds) == {
        *("kill", "freeze", "shutdown", "flush", "latency", "cut", "stall", "provider", "webhook")
    }
    assert all(108 <= kinds[kind] <= 120 for kind in ("provider", "webhook"))


def test_a_worker_is_stopped_for_longer_than_its_claim_in_every_other_storm() -> None:
    plan = draw(7, 4 * STORM, TARGETS)

    longest = [one for one in plan if one.seconds >= COMA_SECONDS]

    assert [(one.storm, one.kind) for one in longest] == [(0, "freeze"), (2, "freeze")]
    assert {one.target for one in longest} <= set(PROCESSES[1:])


def test_each_process_and_each_link_is_struck_in_every_way() -> None:
    struck = {(one.kind, one.target) for one in draw(7, 600, TARGETS)}

    assert struck >= {(kind, name) for kind in ("kill", "freeze") for name in PROCESSES}
    assert struck >= {(kind, name) for kind in ("latency", "cut", "stall") for name in LINKS}
