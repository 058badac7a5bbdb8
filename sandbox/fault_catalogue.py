"""Every fault the sandbox can play, by name."""

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """Where on a request's way a fault strikes."""

    GATE = "before the key is looked at: nothing executed, nothing stored"
    HOLD = "while the key is in flight, before anything is executed"
    OUTCOME = "the provider's own answer is another one"
    REPLY = "after the commit: the answer's bytes are falsified"
    WIRE = "after the commit: the connection fails"
    EARLY = "a webhook overtakes the answer that caused it"
    TIMING = "when, how often a webhook is sent"
    CONTENT = "what a webhook says, how it is signed"


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault: its stage, the arguments it understands, what it does."""

    stage: Stage
    summary: str
    arguments: frozenset[str] = frozenset()


def _kind(stage: Stage, summary: str, *arguments: str) -> Kind:
    return Kind(stage, summary, frozenset(arguments))


FAULTS: dict[str, Kind] = {
    "500_before": _kind(Stage.GATE, "500 in the provider's words; a retry executes"),
    "502": _kind(Stage.GATE, "an HTML 502 page; when=after commits first", "when"),
    "503": _kind(Stage.GATE, "an HTML 503 page; when=after commits first", "when"),
    "504": _kind(Stage.GATE, "an HTML 504 page; when=after commits first", "when"),
    "429": _kind(
        Stage.GATE,
        "rate limit; with `rate`, `burst` only when that token bucket is empty",
        "retry_after",
        "rate",
        "burst",
    ),
    "409_in_use": _kind(Stage.GATE, "the key is said to be in flight"),
    "lock_timeout": _kind(Stage.GATE, "429, the object is locked by another request"),
    "401": _kind(Stage.GATE, "the credential is refused (PayPal: the token has expired)"),
    "403": _kind(Stage.GATE, "the credential may not do this"),
    "302": _kind(Stage.GATE, "a redirect to `location`", "location"),
    "delay": _kind(
        Stage.HOLD, "`ms` milliseconds late; when=after: after the commit", "ms", "when"
    ),
    "hang_before": _kind(Stage.HOLD, "no answer, no effect", "seconds"),
    "reset_before": _kind(Stage.HOLD, "TCP reset, no effect"),
    "close_before": _kind(Stage.HOLD, "connection closed, no effect"),
    "500_stored": _kind(
        Stage.OUTCOME, "500 kept under the key, replayed; `committed` (default true)", "committed"
    ),
    "decline": _kind(Stage.OUTCOME, "the instrument is declined", "code", "decline_code", "issue"),
    "requires_action": _kind(Stage.OUTCOME, "the payer must act first"),
    "processing": _kind(
        Stage.OUTCOME, "settles later: `then` succeeded|failed, `after` seconds", "then", "after"
    ),
    "pending_capture": _kind(
        Stage.OUTCOME, "PayPal capture PENDING with `reason`", "reason", "then", "after"
    ),
    "declined_capture": _kind(Stage.OUTCOME, "PayPal order COMPLETED, its capture DECLINED"),
    "expire_key": _kind(Stage.OUTCOME, "the idempotency key's life is over, this call executes"),
    "clock_skew": _kind(Stage.OUTCOME, "this call sees a clock wrong by `seconds`", "seconds"),
    "malformed_json": _kind(Stage.REPLY, "200 with broken JSON"),
    "empty_body": _kind(Stage.REPLY, "200 with no body"),
    "wrong_shape": _kind(Stage.REPLY, "200 with `body`, by default {}", "body"),
    "wrong_content_type": _kind(Stage.REPLY, "the right bytes called text/html"),
    "huge_body": _kind(Stage.REPLY, "the answer within `bytes` bytes of ballast", "bytes"),
    "id_mixup": _kind(Stage.REPLY, "the answer is about somebody else's object"),
    "hang_after": _kind(Stage.WIRE, "committed, no answer", "seconds"),
    "reset_after": _kind(Stage.WIRE, "committed, TCP reset"),
    "close_after": _kind(Stage.WIRE, "committed, connection closed"),
    "truncate_after": _kind(Stage.WIRE, "committed, half the body, closed"),
    "chunked_truncation": _kind(Stage.WIRE, "committed, a chunked body without its end"),
    "slow_body": _kind(Stage.WIRE, "the body in `bytes` pieces every `ms` ms", "ms", "bytes"),
    "webhook_drop": _kind(Stage.TIMING, "never sent, no retry"),
    "webhook_delay": _kind(Stage.TIMING, "sent `seconds` late", "seconds"),
    "webhook_duplicate": _kind(Stage.TIMING, "sent `count` times more, same id", "count"),
    "webhook_duplicate_new_id": _kind(Stage.TIMING, "the same fact again under a new event id"),
    "webhook_reorder": _kind(
        Stage.TIMING, "all events of `window` seconds are sent in reverse order", "window"
    ),
    "webhook_before_response": _kind(Stage.EARLY, "delivered before the API call answers"),
    "webhook_concurrent": _kind(Stage.TIMING, "sent twice at the same moment"),
    "webhook_stale_snapshot": _kind(Stage.CONTENT, "the object as it was one change earlier"),
    "webhook_old_api_version": _kind(
        Stage.CONTENT, "rendered in an `api_version` of old", "api_version"
    ),
    "webhook_unknown_type": _kind(
        Stage.CONTENT, "another event instead, of a type nobody has heard of"
    ),
    "webhook_wrong_secret": _kind(Stage.CONTENT, "signed with another secret or key"),
    "webhook_old_timestamp": _kind(Stage.CONTENT, "signed `seconds` ago (3600)", "seconds"),
    "webhook_future_timestamp": _kind(
        Stage.CONTENT, "signed `seconds` from now (86400)", "seconds"
    ),
    "webhook_two_v1": _kind(Stage.CONTENT, "two v1 signatures, the second one is right"),
    "webhook_v0_only": _kind(Stage.CONTENT, "no v1 signature, only v0"),
    "webhook_non_ascii_header": _kind(
        Stage.CONTENT, "a signature header with a letter beyond ASCII"
    ),
    "webhook_oversized_body": _kind(
        Stage.CONTENT, "`bytes` of ballast inside, well signed", "bytes"
    ),
    "webhook_invalid_utf8": _kind(Stage.CONTENT, "bytes that are no UTF-8, well signed"),
    "webhook_thin_event": _kind(Stage.CONTENT, "a v2 thin event"),
    "webhook_wrong_livemode": _kind(Stage.CONTENT, "livemode true"),
    "webhook_foreign_account": _kind(
        Stage.CONTENT, "another event instead, of a foreign `account`", "account"
    ),
    "webhook_wrong_webhook_id": _kind(Stage.CONTENT, "signed for another webhook id"),
    "webhook_cert_evil_host": _kind(Stage.CONTENT, "certificate on a foreign host", "url"),
    "webhook_cert_redirect": _kind(Stage.CONTENT, "certificate address redirects away"),
    "webhook_cert_expired": _kind(Stage.CONTENT, "leaf certificate expired"),
    "webhook_cert_self_signed": _kind(Stage.CONTENT, "self-signed leaf with the right name"),
    "webhook_cert_sha1": _kind(Stage.CONTENT, "announced as SHA1withRSA"),
    "webhook_cert_host_down": _kind(Stage.CONTENT, "nobody listens at the certificate's host"),
    "webhook_cert_rotation": _kind(Stage.CONTENT, "from now on another leaf certificate signs"),
    "webhook_reserialised": _kind(Stage.CONTENT, "the body was re-serialised after signing"),
}

ALIASES = {"timeout_after_commit": "hang_after", "timeout_before_commit": "hang_before"}


def canonical(name: str) -> str:
    """Resolve an alias; KeyError for a fault that does not exist."""
    resolved = ALIASES.get(name, name)
    if resolved not in FAULTS:
        raise KeyError(name)
    return resolved
