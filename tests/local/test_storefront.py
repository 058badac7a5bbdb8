"""The shop beside a local system: where it can be paid, and what the system must know of it."""

from pathlib import Path

from local import storefront
from local.development_keys import DevelopmentKeys

KEYS = DevelopmentKeys()
FOLDER = Path("/nowhere")
SYSTEM = {"PORT": "8000", "STRIPE_API_KEY": "sk_test_given", "PAYPAL_CLIENT_ID": "client"}
REAL = SYSTEM | {"STRIPE_PUBLISHABLE_KEY": "pk_test_given"}
SANDBOX = "http://127.0.0.1:4010"
SANDBOXED = REAL | {"STRIPE_API_BASE": SANDBOX, "PAYPAL_API_BASE": SANDBOX}


def test_where_no_browser_could_pay_there_is_no_shop() -> None:
    assert not storefront.is_possible(SYSTEM)
    assert storefront.beside(SYSTEM, KEYS, FOLDER) == SYSTEM


def test_the_system_admits_the_shops_pages_and_brings_payers_back_to_them() -> None:
    system = storefront.beside(REAL, KEYS, FOLDER)

    shop = storefront.shop_url(system)
    assert system["CORS_ORIGINS"] == shop
    assert system["PAYPAL_RETURN_URL"] == system["PAYPAL_CANCEL_URL"] == f"{shop}/orders/{{order}}"
    assert system["OUTBOUND_ALLOWED_PORTS"] == system["SHOP_PORT"]


def test_with_real_keys_the_pages_scripts_are_the_providers_own() -> None:
    assert "STRIPE_JS_BASE" not in storefront.beside(REAL, KEYS, FOLDER)


def test_with_the_sandbox_they_are_its_stand_ins() -> None:
    system = storefront.beside(SANDBOXED, KEYS, FOLDER)

    assert (system["STRIPE_JS_BASE"], system["PAYPAL_JS_BASE"]) == (SANDBOX, SANDBOX)


def test_what_the_person_set_goes_before() -> None:
    given = REAL | {"SHOP_PORT": "9999", "CORS_ORIGINS": "https://tickets.example"}

    system = storefront.beside(given, KEYS, FOLDER)

    assert storefront.shop_url(system) == "http://127.0.0.1:9999"
    assert system["CORS_ORIGINS"] == "https://tickets.example"
