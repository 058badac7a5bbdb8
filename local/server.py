"""Runs the whole system on this machine until it is told to stop."""

import argparse
import contextlib
import multiprocessing
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import environment as env
from local import storefront
from local.development_keys import kept_keys
from local.engines import engines
from local.errors import LocalError
from local.folders import DATA, PROJECT
from local.processes import Processes, add_all, read_procfile
from local.sandboxed import Sandbox
from local.watchdog import watchdog

# What a driver that reads the ready file should tell its person.
NOTES = "CHARGEHAND_NOTES"
DESCRIPTION = """\
Run the whole of Chargehand on this machine: web, relay, worker, beat and Flower.

Postgres and Redis are started too, unless DATABASE_URL and REDIS_URL name others. A local Stripe
and PayPal play the providers, unless STRIPE_API_KEY or PAYPAL_CLIENT_ID is set. Everything listens
on 127.0.0.1. Ctrl-C stops it; the database stays, the sandbox forgets.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run it; the exit code is not 0 when something ended by itself."""
    options = read_arguments(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Honcho's processes inherit the watchdog by forking, so it has to be there before them.
    multiprocessing.set_start_method("fork")
    watchdog()
    try:
        return run(options)
    except LocalError as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="script/server",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA / "server",
        help="the folder of the database and the generated keys (default: .data/server)",
    )
    parser.add_argument(
        "--procfile",
        type=Path,
        default=PROJECT / "Procfile",
        help="what to run (default: the project's)",
    )
    parser.add_argument("--ready-file", type=Path, help="gets the settings as JSON when all is up")
    return parser.parse_args(words)


def run(options: argparse.Namespace) -> int:
    """Start the engines and the sandbox, then everything in the Procfile."""
    settings, folder = env.given(), options.data.resolve()
    with contextlib.ExitStack() as stack:
        database, redis = settings.get("DATABASE_URL"), settings.get("REDIS_URL")
        urls = stack.enter_context(engines(folder, database_url=database, redis_url=redis))
        for note in urls.notes:
            print(note)
        keys, watched = kept_keys(folder), dict(urls.pids)
        system = env.complete(settings, urls, keys) | {NOTES: "\n".join(urls.notes)}
        if not env.has_providers(settings):
            sandbox = stack.enter_context(Sandbox(folder, keys, settings))
            sandbox.introduce(env.web_url(system))
            system = env.sandboxed(system, sandbox, keys)
            watched["sandbox"] = sandbox.child.pid
        system = storefront.beside(system, keys, folder) | {
            env.KEPT_IN: str(folder / "settings.sh")
        }
        env.keep(system, folder / "settings.sh")
        ready = ready_command(system, watched, options.ready_file)
        return run_procfile(options.procfile, system, ready)


def run_procfile(procfile: Path, system: Mapping[str, str], ready: str) -> int:
    """Release, then run the other processes until one ends or a signal comes."""
    commands = read_procfile(procfile)
    release = subprocess.run(
        ["sh", "-c", commands.pop("release")], cwd=PROJECT, env=system, check=False
    )
    if release.returncode:
        raise LocalError("The migrations failed; see above.")
    processes = Processes()
    if storefront.is_possible(system):
        commands["shop"] = storefront.command()
    add_all(processes, {**commands, "ready": ready}, system, PROJECT)
    processes.loop()
    if processes.culprit is None:
        return int(processes.returncode)
    print(
        f"\n{processes.culprit} ended by itself, so all was stopped. It said last:\n"
        f"{processes.last_words(processes.culprit)}",
        file=sys.stderr,
    )
    return 1


def ready_command(
    system: Mapping[str, str], watched: Mapping[str, int], ready_file: Path | None
) -> str:
    """The command that tells when everything is up."""
    command = [sys.executable, "-m", "local.ready", env.web_url(system)]
    command += [f"--say={line}" for line in links(system)]
    command += [f"--watch={name}={pid}" for name, pid in watched.items()]
    command += [f"--ready-file={ready_file.resolve()}"] if ready_file else []
    return shlex.join(command)


def links(system: Mapping[str, str]) -> list[str]:
    """Where a person finds what."""
    user, _, password = system["FLOWER_BASIC_AUTH"].partition(":")
    lines = [
        f"Chargehand is ready: {env.web_url(system)}/health/ready",
        f"Console: {env.console_link(system)}",
        f"Flower: http://127.0.0.1:{system['FLOWER_PORT']} (user {user}, password {password})",
    ]
    lines.append(f"Command line, in another terminal: {env.command_line(system)}")
    if storefront.is_possible(system):
        lines.append(f"Shop: {storefront.shop_url(system)}")
    if env.is_sandboxed(system):
        ledger = f"{system['STRIPE_API_BASE']}/_sandbox/ledger"
        header = f"Sandbox-Tenant: {system['STRIPE_API_KEY']}"
        lines.append(f"Sandbox: curl -H '{header}' {ledger}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
