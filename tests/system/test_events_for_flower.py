"""What Flower hears: all of it, in two messages a second at most."""

import base64
import json
import time
from collections import Counter
from typing import Any

from redis import Redis
from redis.client import PubSub

from tests.system.system import System

CHARGES = 20
A_SECOND = 2
Events = list[dict[str, Any]]


def test_the_events_of_many_tasks_come_in_few_messages(system: System) -> None:
    with Redis.from_url(system.redis.url) as redis, redis.pubsub() as heard:
        heard.psubscribe("*celeryev/task.multi")
        began, messages = time.monotonic(), list[Events]()
        for link in system.charge_many(CHARGES):
            system.settled(link)

        def all_told() -> bool:
            messages.extend(new_messages(heard))
            return told(messages)["task-succeeded"] >= CHARGES

        system.until(all_told, "Flower hears of all charges")
        seconds = time.monotonic() - began

    assert told(messages)["task-received"] >= CHARGES
    sent = Counter(events[0]["hostname"] for events in messages)
    assert max(sent.values()) <= A_SECOND * seconds + 1


def new_messages(heard: PubSub) -> list[Events]:
    """The events of each message that came since."""
    found = []
    while message := heard.get_message(timeout=0.1):
        if message["type"] == "pmessage":
            envelope = json.loads(message["data"])
            found.append(json.loads(base64.b64decode(envelope["body"])))
    return found


def told(messages: list[Events]) -> Counter[str]:
    """How often each kind of event was told of charges' tasks."""
    events = [event for events in messages for event in events]
    ours = {event["uuid"] for event in events if event.get("name") == "charge.execute"}
    return Counter(event["type"] for event in events if event["uuid"] in ours)
