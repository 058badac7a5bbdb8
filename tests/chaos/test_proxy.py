"""The proxy: carries, delays, holds back, tears; over real sockets."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Network


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def network(echo: int) -> Iterator[Network]:
    """A network with one link, `there`, to the echo."""
    with Network() as network:
        network.link("there", echo)
        yield network


def test_what_is_sent_arrives_and_comes_back_whole(network: Network) -> None:
    sent = bytes(range(256)) * 4096

    with _connect(network) as client:
        threading.Thread(target=client.sendall, args=(sent,)).start()
        received = b""
        while len(received) < len(sent):
            received += client.recv(65_536)

    assert received == sent


def test_a_slow_link_delays_each_way(network: Network) -> None:
    network.slow("there", 0.1)
    with _connect(network) as client:
        began = time.monotonic()
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"

    assert time.monotonic() - began >= 0.2


def test_a_stalled_link_holds_everything_back_until_it_heals(network: Network) -> None:
    with _connect(network) as client:
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"
        network.stall("there")
        client.sendall(b"pong")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(4)

        network.heal("there")

        client.settimeout(10)
        assert client.recv(4) == b"pong"


def test_a_cut_link_tears_what_is_open_and_refuses_what_comes(network: Network) -> None:
    with _connect(network) as client:
        client.sendall(b"ping")
        assert client.recv(4) == b"ping"

        network.cut("there")

        assert _is_torn(client)
    with _connect(network) as refused:
        assert _is_torn(refused)
    network.heal("there")
    with _connect(network) as healed:
        healed.sendall(b"ping")
        assert healed.recv(4) == b"ping"


def test_a_link_to_nobody_refuses(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    network.link("nowhere", port)

    with _connect(network, "nowhere") as client:
        assert _is_torn(client)


def _connect(network: Network, name: str = "there") -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.links[name].port), timeout=10)


def _is_torn(client: socket.socket) -> bool:
    with contextlib.suppress(ConnectionError):
        return client.recv(1) == b""
    return True


def _serve(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        while piece := connection.recv(65_536):
            connection.sendall(piece)
