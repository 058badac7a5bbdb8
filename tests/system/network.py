"""A network of our own, where root may make one; it is gone when its block ends."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.ports import LOOPBACK

NAMES = f"chargehand-{os.getpid()}"
ROUTE_LOCALNET = "/proc/sys/net/ipv4/conf/all/route_localnet"


class Unavailable(Exception):
    """This machine lets us make no network; the text says why."""


@dataclass(frozen=True)
class Host:
    """A machine of its own to all that runs on it, one link away from the middle."""

    name: str
    address: str

    @property
    def namespace(self) -> str:
        """What the kernel knows it by."""
        return f"{NAMES}-{self.name}"

    def command(self, words: str) -> str:
        """That command, to be run there."""
        return f"ip netns exec {self.namespace} env METRICS_ADDRESS={self.address} {words}"

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Its packets vanish for the block, both ways: nobody is told."""
        _link(self, "down")
        try:
            yield
        finally:
            _link(self, "up")


class Network(ExitStack):
    """The middle, where the block runs with all that it starts, and the hosts around it.

    The hosts reach what listens on the middle's loopback address, which is no address of theirs:
    so nothing has to listen anywhere else, and nothing touches the machine's interfaces.

    Raises Unavailable.
    """

    middle = f"{NAMES}-middle"

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.hosts = [Host(name, f"127.0.0.{place}") for place, name in enumerate(names, 2)]

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._make()
        except BaseException:
            self.close()
            raise
        return self

    def _make(self) -> None:
        self._add(self.middle)
        _ip(f"-n {self.middle} link set lo up")
        for host in self.hosts:
            self._add(host.namespace)
            self._join(host)
        self.enter_context(_inside(self.middle))

    def _add(self, namespace: str) -> None:
        _ip(f"netns add {namespace}")
        self.callback(_ip, f"netns del {namespace}")
        _ip(f"netns exec {namespace} tee {ROUTE_LOCALNET}", given="1")

    def _join(self, host: Host) -> None:
        here, there = f"-n {self.middle}", f"-n {host.namespace}"
        _ip(f"{here} link add {host.name} type veth peer name middle netns {host.namespace}")
        _ip(f"{there} addr add {host.address}/32 dev middle")
        _ip(f"{there} link set middle up")
        _link(host, "up")
        _ip(f"{there} route add {LOOPBACK}/32 dev middle src {host.address}")


def _link(host: Host, state: str) -> None:
    _ip(f"-n {Network.middle} link set {host.name} {state}")
    if state == "up":  # which goes with the link
        route = f"table local {host.address}/32 dev {host.name} src {LOOPBACK}"
        _ip(f"-n {Network.middle} route replace {route}")


def _ip(words: str, given: str = "") -> None:
    try:
        subprocess.run(
            ["ip", *words.split()], input=given, check=True, capture_output=True, text=True
        )
    except FileNotFoundError as missing:
        raise Unavailable("there is no `ip`") from missing
    except subprocess.CalledProcessError as refused:
        raise Unavailable(f"`ip {words}`: {refused.stderr.strip()}") from refused


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """Let this thread, and what it starts, have that network."""
    here, there = Path("/proc/thread-self/ns/net"), Path("/run/netns", namespace)
    with here.open() as before, there.open() as wanted:
        _enter(wanted.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(network: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns needs Python 3.12
    if libc.setns(network, 0):
        raise OSError(ctypes.get_errno(), "setns")
