"""Which accounts let the platform in, by which codes, keys, tokens."""

from dataclasses import dataclass, field

from sandbox.call import Call, Deed
from sandbox.reply import Json
from sandbox.stripe.telling import PROVIDER, tell
from sandbox.tenants import new_id
from sandbox.webhook_parts import World

CODE_LIFE = 300.0
APPLICATION: Json = {"id": "ca_sandbox", "object": "application", "name": "The platform"}


@dataclass(slots=True)
class Code:
    """What an organizer's browser brings back from Stripe: good once, for five minutes."""

    account: str
    scope: str
    expires_at: float
    keys: list[str] = field(default_factory=list)

    @property
    def is_spent(self) -> bool:
        """Say whether keys were given out for it."""
        return bool(self.keys)


@dataclass(slots=True)
class Connections:
    """One platform's side of Connect.

    `accounts`: the connected ones. `keys`: API keys that OAuth gave out, `revoked` ones included,
    with the account that each opens; `refresh_tokens` likewise.
    """

    accounts: set[str] = field(default_factory=set)
    codes: dict[str, Code] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def lets_in(self, account: str) -> bool:
        """Say whether the platform may act for an account."""
        return account in self.accounts

    def opens(self, key: str) -> str | None:
        """Return the account that a key given out by OAuth belongs to."""
        return self.keys.get(key)

    def revoke(self, keys: list[str]) -> None:
        """Let keys work no more."""
        self.revoked.update(keys)


def connections_of(tenant: World) -> Connections:
    """Return the tenant's connections."""
    return tenant.room(Connections)


def mint_code(tenant: World, account: str | None, scope: str = "read_write") -> tuple[str, Code]:
    """Play an organizer who agrees on Stripe's page; the account is made where none is named."""
    code = Code(account or new_id("acct_1", 15), scope, tenant.clock.now() + CODE_LIFE)
    name = new_id("ac_", 32)
    connections_of(tenant).codes[name] = code
    return name, code


def connect(deed: Deed) -> None:
    """Let the platform in to the deed's account."""
    assert deed.account is not None, "the platform's own account is not connected to it"
    accounts = connections_of(deed.tenant).accounts
    if deed.account not in accounts:
        accounts.add(deed.account)
        tell(deed, "account.application.authorized", about=APPLICATION)


def disconnect(deed: Deed) -> bool:
    """Shut the platform out of the deed's account with all keys; False where it was not in."""
    connections, account = connections_of(deed.tenant), deed.account
    if account is None or not connections.lets_in(account):
        return False
    connections.accounts.remove(account)
    connections.revoke([key for key, owner in connections.keys.items() if owner == account])
    connections.refresh_tokens = {
        token: owner for token, owner in connections.refresh_tokens.items() if owner != account
    }
    tell(deed, "account.application.deauthorized", about=APPLICATION)
    return True


def deed_for(call: Call, account: str) -> Deed:
    """Return a deed in another account's books whose events leave with the call's."""
    deed = Deed(call.tenant, PROVIDER, account, call.request_id)
    deed.events = call.events
    return deed
