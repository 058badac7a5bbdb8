"""The commands' root."""

import click

from cli.acting import Commands
from cli.charges import charges
from cli.keys import keys
from cli.search import search
from shared.observability import configure_logging


@click.group(cls=Commands)
def main() -> None:
    """Operate Chargehand, with the settings of its processes in the environment.

    With --json each command prints one JSON value: names as here, instants in ISO 8601, money as
    amount_minor and currency. The exit code is 1 where something is refused or wrong.
    """


for command in (charges, keys, search):
    main.add_command(command)

if __name__ == "__main__":
    configure_logging("WARNING")
    main(prog_name="script/chargehand")
