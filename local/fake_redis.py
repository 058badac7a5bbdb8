"""The stand-in for Redis where no real one can be had."""

import sys

from fakeredis import TcpFakeServer

from local.ports import LOOPBACK


def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = TcpFakeServer((LOOPBACK, port), server_type="redis")
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
