"""What the person sees: progress while it runs, a table and the audit at the end."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.demo.audit import Audit
from local.demo.journey import Ending
from local.environment import command_line, console_link, web_url
from local.storefront import shop_url

COLOURS = {"succeeded": "green", "failed": "yellow", "canceled": "yellow"}


def progress(console: Console, total: int) -> Progress:
    """A bar on a terminal; nothing elsewhere, where each order has its line."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)
    bar.add_task("Orders", total=total)
    return bar


def line_of(ending: Ending, number: int, total: int) -> str:
    """One order that came to its end."""
    colour = COLOURS.get(ending.charge.status, "red")
    story = ending.story
    return (
        f"[dim]{number:>2}/{total}[/] {story.amount:>7} {story.currency}  {story.way}: "
        f"[{colour}]{ending.charge.status}[/] after {ending.seconds:.1f} s"
    )


def table_of(endings: Iterable[Ending]) -> Table:
    """All orders, as they were told."""
    table = Table("order", "amount", "way", "status", "attempts", "time")
    for ending in endings:
        status, story = ending.charge.status, ending.story
        shown = f"[{COLOURS.get(status, 'red')}]{status}[/]"
        if ending.refunds:
            shown += f", refunds {', '.join(ending.refunds)}"
        if not ending.is_as_told:
            shown += f" [red]instead of {story.ends}, in {ending.charges} charge(s)[/]"
        money = f"{story.amount} {story.currency}"
        attempts, seconds = str(ending.charge.attempts), f"{ending.seconds:.1f} s"
        table.add_row(ending.order.id, money, story.way, shown, attempts, seconds)
    return table


def verdict(audit: Audit, endings: Iterable[Ending]) -> list[str]:
    """The audit's line, and everything that is not as it should be."""
    astray = [
        f"order {ending.order.id} ({ending.story.way}) is {ending.charge.status}: "
        f"{ending.charge.failure or 'no reason given'}"
        for ending in endings
        if not ending.is_as_told
    ]
    return [f"audit: {audit}", *audit.differences, *astray]


def links(settings: Mapping[str, str]) -> list[str]:
    """Where to look further."""
    user, _, password = settings["FLOWER_BASIC_AUTH"].partition(":")
    header = f"Sandbox-Tenant: {settings['STRIPE_API_KEY']}"
    ledger = f"{settings['STRIPE_API_BASE']}/_sandbox/ledger"
    return [
        f"API      {web_url(settings)}/health/ready",
        f"Shop     {shop_url(settings)}",
        f"Console  {console_link(settings)}",
        f"Flower   http://127.0.0.1:{settings['FLOWER_PORT']}  user {user}, password {password}",
        f"Operate  {command_line(settings)}",
        f"Ledger   curl -H '{header}' {ledger}",
    ]
