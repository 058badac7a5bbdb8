"""The balance with its transactions, the account they belong to."""

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.listing import list_reply
from sandbox.stripe.schema import expand, read_params, text
from sandbox.stripe.showing import shown


def retrieve_balance(call: Call) -> Reply:
    """GET /v1/balance: money is pending until `available_on`."""
    read_params({"expand": expand}, call.params)
    transactions = account_of(call.tenant, call.account).shelf("balance_transaction").values()
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for transaction in transactions:
        side = sums["available" if transaction["available_on"] <= call.now else "pending"]
        side[transaction["currency"]] = side.get(transaction["currency"], 0) + transaction["net"]
    shown_sums = {side: _as_list(amounts) for side, amounts in sums.items()}
    return json_reply({"object": "balance", "livemode": False, **shown_sums})


def list_transactions(call: Call) -> Reply:
    """GET /v1/balance_transactions."""
    filters = {"source": text, "type": text, "currency": text, "payout": text}
    return list_reply(call, "balance_transaction", filters)


def retrieve_transaction(call: Call) -> Reply:
    """GET /v1/balance_transactions/{id}."""
    params = read_params({"expand": expand}, call.params)
    account = account_of(call.tenant, call.account)
    return json_reply(shown(call, account.get("balance_transaction", call.route["id"]), params))


def retrieve_account(call: Call) -> Reply:
    """GET /v1/account."""
    read_params({"expand": expand}, call.params)
    account = account_of(call.tenant, call.account)
    return json_reply(
        {
            "id": account.id,
            "object": "account",
            "business_type": "company",
            "charges_enabled": True,
            "country": "US",
            "created": int(call.now),
            "default_currency": "usd",
            "details_submitted": True,
            "email": None,
            "metadata": {},
            "payouts_enabled": True,
            "type": "standard",
        }
    )


def _as_list(amounts: dict[str, int]) -> list[Json]:
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted((amounts or {"usd": 0}).items())
    ]
