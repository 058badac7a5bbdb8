"""Liveness: the file that a process touches while its main loop goes round."""

from __future__ import annotations

from pathlib import Path

from shared.settings import load_settings


def touch() -> None:
    """Say that this process lives, where it was told to (`LIVENESS_FILE`); `script/alive` looks."""
    if file := load_settings().liveness_file:
        Path(file).touch()
