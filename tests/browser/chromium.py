"""The browser that all tests of pages share: Debian's Chromium, or Google's."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = f"no browser is installed, none of {', '.join(PROGRAMS)}: apt-get install chromium"
PATIENCE_MS = 60_000
PHONE = ViewportSize(width=360, height=740)


def installed() -> str | None:
    """The path of the first browser that is there."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """The browser, running for the block; root has no user namespaces to build a sandbox of."""
    expect.set_options(timeout=PATIENCE_MS)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Complaints:
    """What pages complained of in the console."""

    texts: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear a page."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.texts.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.texts.append(f"{message.text} ({message.location.get('url')})")


@contextmanager
def visit(browser: Browser, tolerating: str | None = None, **options: Any) -> Iterator[Page]:
    """A visitor's first page, with nothing remembered of others.

    Every page that it leads to is heard; the block fails where one complained in the console,
    unless of what is tolerated. `options` are Playwright's of a context.
    """
    context = browser.new_context(viewport=PHONE, **options)
    context.set_default_timeout(PATIENCE_MS)
    complaints = Complaints()
    context.on("page", complaints.listen)
    try:
        yield context.new_page()
    finally:
        context.close()
    heard = [text for text in complaints.texts if not (tolerating and tolerating in text)]
    assert not heard, heard
