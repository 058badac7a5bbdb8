"""A bare Dramatiq actor over Redis, as safe as Dramatiq makes it by itself."""

import os
import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.body import charge

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))
execute = dramatiq.actor(charge, actor_name="charge")

if __name__ == "__main__":
    for number in range(1, int(sys.argv[1]) + 1):
        execute.send(number)
