"""The sandbox as a program: `python -m sandbox --port 4242`."""

import argparse
import asyncio
import ipaddress
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from sandbox.app import make_app


def loopback(text: str) -> str:
    """Return the address; ArgumentTypeError unless it is one of this machine's own."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if text == "localhost" else text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no address") from None
    if not address.is_loopback:
        raise argparse.ArgumentTypeError("the sandbox listens on loopback only")
    return str(address)


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A local Stripe and PayPal.")
    parser.add_argument("--port", type=int, default=4242, help="0 picks a free one")
    parser.add_argument("--host", type=loopback, default="127.0.0.1", help="loopback only")
    parser.add_argument("--ready-file", type=Path, help="gets the URL once requests are answered")
    parser.add_argument("--ledger", default=":memory:", help="SQLite file that keeps the ledger")
    return parser.parse_args(words)


async def serve(options: argparse.Namespace) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    runner = web.AppRunner(make_app(options.ledger), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        _announce(f"http://{options.host}:{runner.addresses[0][1]}", options.ready_file)
        await _stopped()
    finally:
        await runner.cleanup()


def _announce(url: str, ready_file: Path | None) -> None:
    sys.stdout.write(f"sandbox: {url}\n")
    sys.stdout.flush()
    if ready_file is not None:
        fresh = ready_file.with_suffix(".tmp")
        fresh.write_text(url, encoding="ascii")
        fresh.replace(ready_file)


async def _stopped() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(read_arguments()))
