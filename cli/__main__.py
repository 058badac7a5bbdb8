"""The commands' root."""

import click

from cli.acting import Commands
from cli.audit import audit
from cli.charges import charges
from cli.circuits import circuits
from cli.doctor import doctor
from cli.keys import keys
from cli.migrate import migrate
from cli.outbound import outbound
from cli.reconcile import reconcile
from cli.refunds import refunds
from cli.search import search
from cli.tokens import tokens
from cli.webhooks import webhooks
from shared.observability import configure_logging


@click.group(cls=Commands)
def main() -> None:
    """Operate Chargehand, with the settings of its processes in the environment.

    With --json each command prints one JSON value: names as here, instants in ISO 8601, money as
    amount_minor and currency. The exit code is 1 where something is refused or wrong.
    """


for command in (
    *(audit, charges, circuits, doctor, keys, migrate, outbound),
    *(reconcile, refunds, search, tokens, webhooks),
):
    main.add_command(command)

if __name__ == "__main__":
    configure_logging("WARNING")
    main(prog_name="script/chargehand")
