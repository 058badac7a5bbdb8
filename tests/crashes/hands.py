"""The hands: what a process that dies was doing, by the worker's and the shim's own code."""

from collections.abc import Callable, Mapping
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError as BrokerError

from api_shim.app import create_app
from shared.container import Container
from shared.domain.charge import Provider
from shared.repository.dispatch import Due
from tests.reconciliation.workshop import HANDLERS
from worker import event_lists, ledgers, reconciliation
from worker.dispatch import publish_due

_APP: Final = Celery("crashes", broker="memory://")

PUBLISH: Final = "publish"
PUBLISH_IN_VAIN: Final = "publish_in_vain"
LOOK_UP: Final = "look_up_overdue"
READ_LISTS: Final = "read_lists"
READ_LEDGERS: Final = "read_ledgers"
ASK: Final = "ask"


class _Lossy:
    """A broker that takes messages and loses them, or goes away."""

    def __init__(self, *, is_away: bool) -> None:
        self._is_away = is_away

    def publish(self, due: list[Due]) -> None:
        del due
        if self._is_away:
            raise BrokerError("the broker went away")

    def backlog(self) -> dict[str, int]:
        return {}


def _publish(deps: Container) -> None:
    publish_due(deps, _APP, _Lossy(is_away=False), deps.clock())


def _publish_in_vain(deps: Container) -> None:
    publish_due(deps, _APP, _Lossy(is_away=True), deps.clock())


def _at(read: Callable[[Container], object]) -> Callable[[Container, str], object]:
    """A round as beat asks for it: of one provider."""
    return lambda deps, provider: read(deps.only(Provider(provider)))


def _ask(
    deps: Container, method: str, path: str, body: str | None, headers: Mapping[str, str]
) -> int:
    client = create_app(deps).test_client()
    return client.open(path, method=method, data=body, headers=dict(headers)).status_code


HANDS: Final[dict[str, Callable[..., object]]] = {
    **HANDLERS,
    PUBLISH: _publish,
    PUBLISH_IN_VAIN: _publish_in_vain,
    LOOK_UP: _at(reconciliation.look_up_overdue),
    READ_LISTS: _at(event_lists.read),
    READ_LEDGERS: _at(ledgers.read),
    ASK: _ask,
}
