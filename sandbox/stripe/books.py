"""What a Stripe tenant owns: objects by account, by kind, by id."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from sandbox.reply import Json
from sandbox.stripe.errors import missing
from sandbox.stripe.instruments import Instrument
from sandbox.tenants import new_id
from sandbox.webhook_parts import World


@dataclass(slots=True)
class Account:
    """One account's objects. `instruments`: what a stored payment method or token does.

    `spent`: single-use tokens or payment methods that were used.
    """

    id: str
    shelves: dict[str, dict[str, Json]] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    touched: dict[str, float] = field(default_factory=dict)
    told: dict[str, Json] = field(default_factory=dict)

    def shelf(self, kind: str) -> dict[str, Json]:
        """Return all objects of a kind, oldest first."""
        return self.shelves.setdefault(kind, {})

    def keep(self, thing: Json, now: float) -> Json:
        """Put a new or changed object on its shelf, return it."""
        self.shelf(thing["object"])[thing["id"]] = thing
        self.touched[thing["id"]] = now
        return thing

    def get(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return an object; StripeError when nobody knows it."""
        found = self.shelf(kind).get(object_id)
        if found is None:
            raise missing(kind, object_id, param)
        return found

    def find(self, object_id: str) -> Json | None:
        """Return an object of any kind."""
        found = (shelf[object_id] for shelf in self.shelves.values() if object_id in shelf)
        return next(found, None)

    def tell(self, thing: Json) -> tuple[Json, Json]:
        """Return a snapshot of an object for an event, with the one told before."""
        snapshot = deepcopy(thing)
        before = self.told.get(thing["id"], snapshot)
        self.told[thing["id"]] = snapshot
        return snapshot, before


@dataclass(slots=True)
class StripeRoom:
    """All accounts of one tenant: its own under None, connected ones under their ids."""

    accounts: dict[str | None, Account] = field(default_factory=dict)

    def account(self, account_id: str | None) -> Account:
        """Return an account, made on first use."""
        if account_id not in self.accounts:
            self.accounts[account_id] = Account(account_id or new_id("acct_1", 15))
        return self.accounts[account_id]

    def search(self, kind: str, object_id: str) -> Iterator[tuple[str | None, Json]]:
        """Yield (scope, object) wherever an id is known: control requests name no account."""
        for scope, account in self.accounts.items():
            if object_id in account.shelf(kind):
                yield scope, account.shelf(kind)[object_id]


def account_of(tenant: World, scope: str | None) -> Account:
    """Return the account that a call or deed acts in."""
    return tenant.room(StripeRoom).account(scope)
