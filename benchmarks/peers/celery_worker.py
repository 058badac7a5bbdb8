"""A bare Celery task: acknowledged before it runs, lost or run twice as it comes."""

import os
import sys

from celery import Celery

from benchmarks.peers.body import charge

app = Celery("peers", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
execute = app.task(name="charge")(charge)

if __name__ == "__main__":
    for number in range(1, int(sys.argv[1]) + 1):
        execute.delay(number)
