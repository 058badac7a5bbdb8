"""What Sentry is told of an exception: an allow-list, whatever its SDK has gathered."""

import json
from typing import Any

from shared.sentry import shown

ERROR = ValueError("hush")
FRAME = {"filename": "worker/tasks.py", "function": "run", "lineno": 7, "vars": {"token": "hush"}}
GATHERED: Any = {
    "event_id": "1",
    "level": "error",
    "message": "hush",
    "logentry": {"message": "hush"},
    "request": {"url": "/?code=hush", "headers": {"Authorization": "hush"}, "data": "hush"},
    "breadcrumbs": {"values": [{"message": "hush"}]},
    "extra": {"sys.argv": ["hush"]},
    "contexts": {"celery-job": {"args": ["hush"]}},
    "user": {"id": "hush"},
    "modules": {"hush": "1"},
    "tags": {"charge_id": 7, "token": "hush"},
    "exception": {
        "values": [
            {"type": "KeyError", "value": "hush", "stacktrace": {"frames": [FRAME]}},
            {"type": "ValueError", "value": "hush", "mechanism": {"data": "hush"}},
        ]
    },
}


def test_of_what_was_gathered_an_allow_list_leaves() -> None:
    left: Any = shown(GATHERED, {"exc_info": (ValueError, ERROR, None)})

    assert "hush" not in json.dumps(left)
    assert left["tags"] == {"charge_id": 7}
    first, second = left["exception"]["values"]
    assert (first["type"], second["value"]) == ("KeyError", "ValueError")
    (frame,) = first["stacktrace"]["frames"]
    assert frame == {"filename": "worker/tasks.py", "function": "run", "lineno": 7}
