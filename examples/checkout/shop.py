"""The platform's backend: it tells Chargehand what is for sale, and hears what was paid."""

import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import jwt
import requests
from flask import Flask, abort, redirect, render_template, request, session, url_for
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.wrappers import Response

CHARGEHAND_URL = os.environ["CHARGEHAND_URL"]
JWT_SECRET = os.environ["JWT_SECRET"]  # the one that Chargehand knows
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]  # told once, when the endpoint was made
STRIPE_PUBLISHABLE_KEY = os.environ["STRIPE_PUBLISHABLE_KEY"]
PAYPAL_CLIENT_ID = os.environ["PAYPAL_CLIENT_ID"]
STRIPE_JS_BASE = os.environ.get("STRIPE_JS_BASE", "https://js.stripe.com/basil")
PAYPAL_JS_BASE = os.environ.get("PAYPAL_JS_BASE", "https://www.paypal.com")
DATABASE = os.environ.get("SHOP_DATABASE", "shop.sqlite")

EVENT = "open-air"
PRICE, CURRENCY = "19.99", "EUR"
TABLES = """
CREATE TABLE IF NOT EXISTS tickets (
    order_id TEXT PRIMARY KEY, buyer TEXT NOT NULL, mode TEXT NOT NULL, number TEXT
);
CREATE TABLE IF NOT EXISTS heard (webhook_id TEXT PRIMARY KEY);
"""

app = Flask(__name__)
app.secret_key = os.environ["SHOP_SECRET_KEY"]
app.jinja_env.globals.update(price=PRICE, currency=CURRENCY)
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"  # comes along on the way back from PayPal


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """One transaction, written when the block ends well."""
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.executescript(TABLES)
        yield connection


def token(user: str, scope: str) -> str:
    """Say to Chargehand who is asking, and what for."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    return jwt.encode({"sub": user, "scope": scope, "exp": expires}, JWT_SECRET, "HS256")


def ask(method: str, path: str, data: Mapping[str, Any] | None = None) -> requests.Response:
    """Ask Chargehand something, as the platform."""
    authorization = f"Bearer {token('shop', 'orders:write')}"
    headers = {"Authorization": authorization, "Content-Type": "application/vnd.api+json"}
    body = data and {"data": data}
    return requests.request(method, CHARGEHAND_URL + path, json=body, headers=headers, timeout=10)


def tell(kind: str, attributes: Mapping[str, Any], **related: Mapping[str, str]) -> None:
    """Tell Chargehand of an event or an order. To tell it again is harmless: it is the same one."""
    relationships = {name: {"data": linkage} for name, linkage in related.items()}
    data = {"type": kind, "attributes": attributes, "relationships": relationships}
    ask("POST", f"/v1/{kind}s", data).raise_for_status()


def stripe_account() -> str | None:
    """Find the organizer's own Stripe account; None where the platform's is charged."""
    answer = ask("GET", f"/v1/events/{EVENT}/stripe-authorization")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return None
    answer.raise_for_status()
    return str(answer.json()["data"]["attributes"]["stripe-user-id"])


@app.get("/")
def show_shop() -> str:
    """Offer the ticket."""
    return render_template("shop.html")


@app.post("/orders")
def place_order() -> Response:
    """Take an order, tell Chargehand of it, send the buyer to the checkout."""
    mode = request.form["mode"] if request.form["mode"] in ("stripe", "paypal") else abort(400)
    order, buyer = str(uuid.uuid4()), session.setdefault("buyer", str(uuid.uuid4()))
    modes = {"can-pay-by-stripe": True, "can-pay-by-paypal": True}
    tell("event", {"identifier": EVENT, "name": "Open air", "currency": CURRENCY, **modes})
    price = {"amount": PRICE, "currency": CURRENCY, "payment-mode": mode}
    tell(
        "order",
        {"identifier": order, "user-id": buyer, **price},
        event={"type": "event", "id": EVENT},
    )
    with database() as db:
        db.execute(
            "INSERT INTO tickets (order_id, buyer, mode) VALUES (?, ?, ?)", (order, buyer, mode)
        )
    return redirect(url_for("show_checkout", order=order), 303)


@app.get("/orders/<order>")
def show_checkout(order: str) -> str:
    """Show the buyer the checkout of their own order, with a token that opens it at Chargehand."""
    with database() as db:
        row = db.execute("SELECT buyer, mode, number FROM tickets WHERE order_id = ?", (order,))
        buyer, mode, number = row.fetchone() or abort(404)
    if buyer != session.get("buyer"):
        abort(404)
    checkout = {
        "order": order,
        "mode": mode,
        "chargehand": CHARGEHAND_URL,
        "token": token(buyer, "charges:write"),
        "stripeKey": STRIPE_PUBLISHABLE_KEY,
        "stripeAccount": stripe_account() if mode == "stripe" else None,
    }
    scripts = {
        "stripe": f"{STRIPE_JS_BASE}/stripe.js",
        "paypal": f"{PAYPAL_JS_BASE}/sdk/js?client-id={PAYPAL_CLIENT_ID}&currency={CURRENCY}",
    }
    page = {"checkout": checkout, "script": scripts[mode], "ticket": number}
    return render_template("checkout.html", **page)


@app.post("/chargehand")
def hear() -> tuple[str, int]:
    """Hear an event of Chargehand's, act on it once however often it comes."""
    try:
        event = Webhook(WEBHOOK_SECRET).verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):
        abort(400)
    with database() as db:
        new = db.execute(
            "INSERT INTO heard VALUES (?) ON CONFLICT DO NOTHING", (request.headers["webhook-id"],)
        )
        if new.rowcount and event["type"] == "order.completed":
            issue_ticket(db, event["data"]["order"])
    return "", 204


def issue_ticket(db: sqlite3.Connection, order: str) -> None:
    """Give the buyer what was paid for: here a number, in the event's own transaction."""
    number = f"T-{uuid.uuid4().hex[:8].upper()}"
    db.execute("UPDATE tickets SET number = ? WHERE order_id = ?", (number, order))
