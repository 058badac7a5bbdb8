"""No secret of an organizer's leaves the database, whatever is asked and whatever goes wrong."""

import logging

import pytest
from structlog.testing import capture_logs

from tests.api.factories import authorization_document
from tests.connect.stage import COLLECTION, ORGANIZER, Stage


def secrets_of(stage: Stage) -> set[str]:
    """Every token that Stripe gave out for an organizer, besides the platform's own secrets."""
    vault, settings = stage.platform.deps.vault, stage.platform.deps.settings
    rows = stage.platform.sql("SELECT access_token, refresh_token FROM stripe_authorizations")
    sealed = [bytes(token) for row in rows for token in row if token]
    ours = [settings.stripe_api_key, *settings.stripe_connect_webhook_secrets]
    return {vault.open(token) for token in sealed} | {one.get_secret_value() for one in ours}


def test_no_secret_is_answered_or_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        event, key, _ = stage.authorized()
        path = stage.charged(event)
        stage.run()
        stage.control.fault("truncate_after", "POST /oauth/token$")
        answers = [
            stage.authorize(event),
            stage.authorize(stage.platform.event()),
            stage.post(authorization_document(stage.platform.event(), "ac_invented")),
            stage.renew(key),
            stage.platform.ask("GET", f"{COLLECTION}/{key}", as_=ORGANIZER),
            stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=ORGANIZER),
            stage.platform.ask("GET", path, as_={"sub": "buyer"}),
        ]
        secrets = secrets_of(stage)
        answers.append(stage.delete(key))

    said = [answer.text + str(answer.headers) for answer in answers]
    said += [*map(str, logs), caplog.text, repr(stage.platform.deps)]
    assert [answer.status_code for answer in answers] == [409, 502, 422, 200, 200, 200, 200, 200]
    assert len(secrets) >= 4
    assert [one for one in secrets if any(one in text for text in said)] == []
    assert "pk_test_" in "".join(said), "what is no secret is told"
