"""The tree of errors that Chargehand raises.

ChargehandError
├── InvalidMoney            a text is no amount of that currency
├── UnrepresentableAmount   a provider cannot carry that amount
├── NotConfigured           a provider has no credentials
├── UnknownRecord           a row that must exist does not
├── ClaimLost               a successor holds the charge; the late result is refused
├── ForgedWebhook           a webhook did not prove who sent it
├── SignatureUnverifiable   a webhook cannot be judged now; its sender should come again
├── ForbiddenAddress        a URL leads where no outbound event may go
└── ActionRefused           an operator asks for what the state does not allow
"""


class ChargehandError(Exception):
    """The root: whoever catches it catches what this project raises on purpose."""


class InvalidMoney(ChargehandError):
    """A text that is no amount of its currency."""


class UnrepresentableAmount(ChargehandError):
    """An amount or currency that the provider cannot carry exactly."""


class NotConfigured(ChargehandError):
    """A provider without credentials: the platform's matter, never the buyer's."""


class UnknownRecord(ChargehandError):
    """A row that must exist does not."""


class ClaimLost(ChargehandError):
    """The claim expired, so that a successor holds the charge; the late result is refused."""


class ForgedWebhook(ChargehandError):
    """A webhook that did not prove who sent it; the text is for our log, never for the sender."""


class SignatureUnverifiable(ChargehandError):
    """What proves a webhook's sender cannot be fetched now: answered with 5xx, it comes again."""


class ForbiddenAddress(ChargehandError):
    """A URL that leads where no outbound event may go; the text says why, to who gave it."""


class ActionRefused(ChargehandError):
    """What an operator asks for cannot be done as things stand; the text says why, to them."""
