"""The windows: how the calls of this process went lately, circuit by circuit."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from shared.domain.circuit import Key, News, Rules, Sign, Window


class Windows:
    """Counts of one process, for any number of threads; a process that is new begins anew."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._windows: dict[Key, Window] = {}
        self._turnstile = Lock()

    def weigh(self, key: Key, answer: News, now: datetime) -> News | None:
        """Say what of a call's answer its circuit must hear at once, if anything."""
        if answer.probe is not None or answer.sign is Sign.REFUSED:
            return answer
        with self._turnstile:
            window = self._windows.setdefault(key, Window(self.rules))
            since = window.add(now, is_ailing=answer.sign is Sign.AILING)
        return None if since is None else News(Sign.AILING, answer.reason, None, since)
