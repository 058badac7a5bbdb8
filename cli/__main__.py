"""The commands' root."""

import click

from cli.keys import keys


@click.group()
def main() -> None:
    """Operate Chargehand, with the settings of its processes in the environment."""


main.add_command(keys)

if __name__ == "__main__":
    main(prog_name="script/chargehand")
