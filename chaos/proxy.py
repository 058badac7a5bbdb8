"""The network between two parts: TCP proxies that can be slow, silent or torn."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final, Self

from local.ports import LOOPBACK, free_port

_CHUNK: Final = 65_536


class Link:
    """One way from whoever connects to `port` to whoever listens on `target`."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.latency = 0.0
        """Seconds by which every piece comes late."""
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Its address over HTTP."""
        return f"http://{LOOPBACK}:{self.port}"

    def cut(self) -> None:
        """Tear what is open and refuse what comes, until healed."""
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def stall(self) -> None:
        """Let nothing through and tell nobody, until healed."""
        self._flows.clear()

    def heal(self) -> None:
        """Be as at first."""
        self.latency, self._is_cut = 0.0, False
        self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until both sides have ended it."""
        far = None if self._is_cut else await _reach(self.target)
        if far is None:
            writer.transport.abort()
            return
        far_reader, far_writer = far
        self._open |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self._open -= {writer, far_writer}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_CHUNK):
                await asyncio.sleep(self.latency)
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        writer.close()


async def _reach(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        return await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return None


class Network:
    """All links, on a thread of their own, for the block."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def link(self, name: str, target: int) -> Link:
        """Open a new way to a port of this machine."""
        self.links[name] = link = Link(free_port(), target)
        starting = asyncio.start_server(link.serve, LOOPBACK, link.port)
        self._servers.append(asyncio.run_coroutine_threadsafe(starting, self._loop).result())
        return link

    def slow(self, name: str, seconds: float) -> None:
        """Let every piece come late, until healed."""
        self.links[name].latency = seconds

    def cut(self, name: str) -> None:
        """Tear what is open and refuse what comes, until healed."""
        self._do(self.links[name].cut)

    def stall(self, name: str) -> None:
        """Let nothing through and tell nobody, until healed."""
        self._do(self.links[name].stall)

    def heal(self, name: str) -> None:
        """Let the link be as at first."""
        self._do(self.links[name].heal)

    def _do(self, change: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(change)

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for link in self.links.values():
            link.cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was torn closes in the next turn
