"""Flower's configuration, as `celery flower --conf` reads it: names are Flower's options."""

import os
from pathlib import Path

from flower.urls import handlers
from tornado.web import url

from shared.settings import load_settings
from worker.flower import LINKED, ToConsole, shown

_settings = load_settings()


def _refuse(fault: str) -> None:
    raise SystemExit(f"Chargehand cannot start: {fault}. See .env.example.")


if not _settings.flower_basic_auth:
    _refuse("FLOWER_BASIC_AUTH: is needed by flower, as user:password; it opens to nobody else")
if _settings.flower_db and not os.access(Path(_settings.flower_db).parent, os.W_OK):
    _refuse("FLOWER_DB: must be a file in a folder that flower can write to")

basic_auth = [login.get_secret_value() for login in _settings.flower_basic_auth]
address = _settings.flower_address
port = _settings.flower_port

read_only = True  # what starts or ends a task from here would be on nobody's record
enable_events = False  # else it bids all workers, every five seconds, to send what they send anyway

persistent = bool(_settings.flower_db)
db = _settings.flower_db or "flower"
state_save_interval = 60_000 if persistent else 0  # milliseconds; what was killed has that to lose
max_tasks = _settings.flower_max_tasks
purge_offline_workers = 3600  # seconds: a deployment's workers have names of their own
if persistent:
    os.umask(0o077)  # the file is a pickle: who could write it could run code here

tasks_columns = "name,kwargs,state,result,received,runtime,worker,uuid"
if _settings.console_url:
    format_task = shown
    handlers.insert(0, url(LINKED, ToConsole, {"console_url": _settings.console_url}))
