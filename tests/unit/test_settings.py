"""A bad value of any setting is refused with one sentence that names it, and repeats no secret."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from shared.settings import Settings, refusal

HERE = Path(__file__)
GOOD = {
    "DATABASE_URL": "postgresql://user:password@host:5432/name",
    "REDIS_URL": "redis://host:6379/0",
    "JWT_SECRET": "x" * 32,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "STRIPE_API_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRETS": "whsec_x",
    "PAYPAL_CLIENT_ID": "x",
    "PAYPAL_CLIENT_SECRET": "x",
    "PAYPAL_WEBHOOK_ID": "x",
}
SECONDS = ["0", "-1", "nan", "inf", "1e15", "1e300", "soon"]
BAD = {
    "DATABASE_URL": [
        *("foo", "postgresql://", "postgresql", "mysql://h/x", "postgresql://u:hush@h:notaport/x"),
        *("postgresql://h:0/x", "postgresql://h:99999/x", "postgresql://h/x?nonsense=1"),
        "postgresql://h/%zz",
    ],
    "REDIS_URL": [
        *("foo", "http://x", "redis://", "redis://h:bad/0", "redis://h:99999/0", "redis://h/one"),
        *("redis:///0", "redis://a host/0", "amqp://h"),
    ],
    "BROKER_URL": ["foo", "http://x", "amqp://", "amqp://h:bad//", "redis://h:bad/0"],
    "STRIPE_API_KEY": ["pk_test_x", "sk_x", "sk_test_", "sk_test_a b", "hush", " "],
    "STRIPE_WEBHOOK_SECRETS": ["foo", "whsec_", "whsec_x,foo", "whsec_a b", ","],
    "STRIPE_CONNECT_WEBHOOK_SECRETS": ["foo"],
    "STRIPE_CLIENT_ID": ["foo", "ca_x"],
    "STRIPE_API_BASE": ["foo", "ftp://x", "https://", "https://h:bad", "https://a host"],
    "STRIPE_CONNECT_BASE": ["foo"],
    "STRIPE_RATE_LIMIT": ["-1", "0.5", "often", "99999"],
    "PAYPAL_RATE_LIMIT": ["-1"],
    "PAYPAL_CLIENT_ID": ["two words", " "],
    "PAYPAL_CLIENT_SECRET": ["", "two words", " "],
    "PAYPAL_WEBHOOK_ID": ["", "WEBHOOK_ID", " "],
    "PAYPAL_API_BASE": ["foo", "http://api-m.paypal.com"],
    "PAYPAL_MODE": ["test"],
    "PAYPAL_CERT_ROOTS": ["/nonexistent", str(HERE), str(HERE.parent), "\0"],
    "PAYPAL_RETURN_URL": ["foo", "/return", "javascript:x"],
    "PAYPAL_CANCEL_URL": ["foo"],
    "JWT_SECRET": ["", " " * 40, "hush", "x" + " " * 40],
    "JWT_SECRETS": [" hush , hush"],
    "METRICS_TOKEN": ["hush", " " * 40],
    "JWT_JWKS": ["ftp://x", "https://", "https://h:bad/", "/nonexistent", str(HERE), "\0"],
    "ENCRYPTION_KEYS": ["hush", "", ",", "é" * 44, "A" * 43],
    "CORS_ORIGINS": ["tickets.example", "https://tickets.example/", "*", "https://.*example.com"],
    "OUTBOUND_ALLOWED_PORTS": ["x", "0", "70000", "1-99999999999", "1-2-3"],
    "OUTBOUND_ALLOWED_NETWORKS": ["x", "10.0.0.1/8"],
    "OUTBOUND_LEASE": ["10"],
    "LIVENESS_FILE": ["/nonexistent/alive", "\0/alive"],
    "WORKER_METRICS_PORT": ["-1", "65527", "http"],
    "METRICS_ADDRESS": ["foo bar"],
    "PORT": ["0", "65536", "http"],
    "RATE_LIMIT_PER_USER": ["often", "0/minute", "99999999999/minute"],
    "TRUSTED_PROXIES": ["-1"],
    "WORKER_CONCURRENCY": ["many"],
    "MOVES_KEPT": ["1", "2", "-3", "1201", "3.5", "long"],
    "WEBHOOK_EVENTS_KEPT": ["2"],
    "OUTBOUND_EVENTS_KEPT": ["2"],
    "HOST": ["foo bar", "http://x", "[::1]"],
    "FLOWER_BASIC_AUTH": ["hush", "hush:", ":hush"],
    "FLOWER_ADDRESS": ["foo bar"],
    "FLOWER_PORT": ["abc", "0"],
    "FLOWER_MAX_TASKS": ["0", "many"],
    "FLOWER_URL": ["foo"],
    "CONSOLE_URL": ["foo", "javascript:x"],
    "ENVIRONMENT": ["staging"],
    "LOG_LEVEL": ["LOUD"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": ["foo", "grpc://collector:4317"],
    "SENTRY_DSN": ["hush", "https://sentry.example/1", "ftp://hush@sentry.example/1"],
    "RELAY_WINDOW": ["0", "99999999999"],
    "CLAIM_LEASE": ["20", "590"],
    "CIRCUIT_LEAST_CALLS": ["0", "many"],
    "CIRCUIT_AILING_SHARE": ["0", "1.1", "nan"],
    "CIRCUIT_LONGEST_REST": ["1"],
}
DURATIONS = [
    name.upper() for name, field in Settings.model_fields.items() if field.annotation is float
]
CASES = [(name, value) for name, values in BAD.items() for value in values]
CASES += [(name, value) for name in DURATIONS for value in SECONDS]


def refused(**environment: str) -> str:
    told = {name.lower(): value for name, value in (GOOD | environment).items()}
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(told)
    return refusal(caught.value)


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    sentence = refused(**{name: value})

    assert name in sentence
    assert "\n" not in sentence
    assert "hush" not in sentence


@pytest.mark.parametrize("name", ["STRIPE_API_BASE", "PAYPAL_API_BASE", "JWT_JWKS"])
def test_production_speaks_https_only(name: str) -> None:
    sentence = refused(ENVIRONMENT="production", **{name: "http://localhost:8000"})

    assert f"{name} must be an https:// URL" in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://host"),
        ("DATABASE_URL", "postgresql:///name?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql+psycopg2://u:p%40ss@[::1]:5432/name?sslmode=require"),
        ("REDIS_URL", "rediss://:p%40ss@host:6380"),
        ("BROKER_URL", "amqps://user:password@host/vhost"),
        ("BROKER_URL", "amqp://guest@localhost//"),
        ("STRIPE_API_KEY", "rk_live_x"),
        ("PAYPAL_API_BASE", "http://127.0.0.1:4010"),
        ("PAYPAL_RETURN_URL", "https://tickets.example/orders/{order}?back=1"),
        ("CORS_ORIGINS", "https://tickets.example, http://127.0.0.1:8080"),
        ("OUTBOUND_ALLOWED_PORTS", "8443, 9000-9010"),
    ],
)
def test_what_is_usual_is_accepted(name: str, value: str) -> None:
    told = {key.lower(): text for key, text in (GOOD | {name: value}).items()}

    Settings.model_validate(told)
