"""The bearer tokens PayPal has given out."""

from dataclasses import dataclass, field

from sandbox.paypal.identifiers import access_token
from sandbox.tenants import Tenant

TOKEN_LIFE = 32400
"""Nine virtual hours, as `expires_in` says."""
SCOPE = (
    "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/payments"
    "/refund https://uri.paypal.com/services/reporting/search/read openid"
    " https://uri.paypal.com/services/applications/webhooks"
)


@dataclass(slots=True)
class TokenDesk:
    """Tokens of all merchants: a token is how a call names its tenant."""

    given: dict[str, tuple[Tenant, float]] = field(default_factory=dict)

    def give(self, tenant: Tenant) -> str:
        """Make a token that ends in nine virtual hours."""
        token = access_token()
        self.given[token] = (tenant, tenant.clock.now() + TOKEN_LIFE)
        return token

    def owner(self, token: str) -> Tenant | None:
        """Give the tenant of a token that is still good."""
        tenant, ends_at = self.given.get(token, (None, 0.0))
        return tenant if tenant is not None and tenant.clock.now() < ends_at else None
