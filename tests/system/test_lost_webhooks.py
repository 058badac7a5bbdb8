"""A batch whose webhooks are all lost settles by what the providers list."""

from tests.system.system import System


def test_charges_that_wait_settle_although_no_webhook_ever_comes(system: System) -> None:
    for provider in ("stripe", "paypal"):
        system.control.fault("webhook_drop", provider=provider, times=None)
    settling = [system.charge_new("pm_card_sandbox_processing_stuck") for _ in range(3)]
    challenged = [system.charge_new("tok_threeDSecure2Required") for _ in range(3)]
    wallets = [
        str(system.charge(system.order("paypal")).json()["data"]["links"]["self"]) for _ in range(3)
    ]
    waiting = {"processing", "requires-action"}
    everything = [*settling, *challenged, *wallets]
    system.until(lambda: {system.status(link) for link in everything} == waiting, "all wait")

    for link in settling:
        system.control.settle(system.attributes(link)["provider-reference"])
    for link in challenged:
        system.control.authenticate(system.attributes(link)["provider-reference"])
    for link in wallets:
        system.control.approve_paypal(system.attributes(link)["provider-reference"])

    assert {system.settled(link) for link in everything} == {"succeeded"}
    assert set(system.captures().values()) == {1}
    assert system.captures().total() == len(everything)
    found = system.sql("SELECT DISTINCT found_by FROM webhook_events")
    assert found == [("event_list",)]
