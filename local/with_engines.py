"""Runs a command with DATABASE_URL and REDIS_URL of throwaway engines.

python -m local.with_engines COMMAND [ARGUMENT …]
"""

import os
import subprocess
import sys

from local.engines import engines
from local.errors import LocalError
from local.folders import temporary_folder


def main(command: list[str]) -> int:
    """Run it; its exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with temporary_folder("engines") as folder, engines(folder) as urls:
            environment = {**os.environ, "DATABASE_URL": urls.database, "REDIS_URL": urls.redis}
            return subprocess.run(command, env=environment, check=False).returncode
    except LocalError as trouble:
        print(trouble, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
