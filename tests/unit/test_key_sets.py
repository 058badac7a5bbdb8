"""When the issuer is asked for its keys, and which of them are taken."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from api_shim.key_sets import LIFE, PAUSE, STALE_LIFE, KeySet, KeysUnavailable
from api_shim.verifying_keys import read_key_set
from tests.unit.issuer import EC_KEY, RSA_KEY, both_keys, jwk, key_set

PUBLIC = RSA_KEY.public_key()
OLD = key_set(jwk(PUBLIC, kid="old"))
NEW = key_set(jwk(PUBLIC, kid="new"))


@dataclass
class Issuer:
    """An issuer with a clock, counting how often it is asked."""

    document: bytes = OLD
    asked: int = 0
    now: float = 1000.0
    is_away: bool = False
    on_call: Callable[[], object] = field(default=lambda: None)

    def fetch(self) -> bytes:
        self.asked += 1
        self.on_call()
        if self.is_away:
            raise OSError("away")
        return self.document

    def keys(self) -> KeySet:
        return KeySet(self.fetch, lambda: self.now)


def names(keys: KeySet, kid: str | None) -> list[str | None]:
    return [key.kid for key in keys.find("RS256", kid)]


def test_the_issuer_is_asked_once_in_five_minutes() -> None:
    issuer = Issuer()
    keys = issuer.keys()

    for _ in range(100):
        assert names(keys, "old") == ["old"]
    asked_first = issuer.asked
    issuer.now += LIFE
    names(keys, "old")

    assert (asked_first, issuer.asked) == (1, 2)


def test_a_key_that_the_issuer_withdrew_opens_nothing_after_five_minutes() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    names(keys, "old")

    issuer.document = NEW
    issuer.now += LIFE

    assert names(keys, "old") == []


def test_an_unknown_name_has_the_issuer_asked_at_once() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    names(keys, "old")
    issuer.document = NEW
    issuer.now += PAUSE

    assert names(keys, "new") == ["new"]
    assert issuer.asked == 2


def test_no_number_of_unknown_names_has_the_issuer_asked_more_than_once_in_ten_seconds() -> None:
    issuer = Issuer()
    keys = issuer.keys()

    for second in range(60):
        issuer.now = 1000.0 + second
        for attempt in range(5):
            assert names(keys, f"made-up-{second}-{attempt}") == []

    assert issuer.asked == 6


def test_keys_outlive_an_issuer_that_is_away_by_a_day() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    names(keys, "old")
    issuer.is_away = True

    issuer.now += STALE_LIFE - 1
    kept = names(keys, "old")
    issuer.now += 1

    assert kept == ["old"]
    with pytest.raises(KeysUnavailable):
        names(keys, "old")


def test_an_issuer_that_is_away_is_asked_once_in_ten_seconds() -> None:
    issuer = Issuer(is_away=True)
    keys = issuer.keys()

    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            names(keys, "old")
    issuer.is_away = False
    issuer.now += PAUSE

    assert issuer.asked == 1
    assert names(keys, "old") == ["old"]


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"<html>", b"[]", b"null", b'{"keys": []}', b'{"keys": 7}', b"[" * 5000, b"\xff\xfe"],
)
def test_nonsense_in_the_issuers_place_changes_nothing(nonsense: bytes) -> None:
    issuer = Issuer()
    keys = issuer.keys()
    names(keys, "old")
    issuer.document = nonsense
    issuer.now += LIFE

    assert names(keys, "old") == ["old"]


def test_nobody_with_keys_waits_for_a_slow_issuer() -> None:
    issuer, answered = Issuer(), threading.Event()
    keys = issuer.keys()
    names(keys, "old")
    issuer.on_call = lambda: answered.wait(60)
    issuer.now += LIFE
    asking = threading.Thread(target=names, args=(keys, "old"))
    asking.start()
    while issuer.asked < 2:
        asking.join(0.01)

    meanwhile = names(keys, "old")
    is_asking = asking.is_alive()
    answered.set()
    asking.join()

    assert meanwhile == ["old"]
    assert is_asking
    assert issuer.asked == 2


def test_who_has_no_keys_waits_for_the_first() -> None:
    issuer = Issuer(on_call=lambda: time.sleep(0.05))
    keys = issuer.keys()
    barrier = threading.Barrier(8)
    found: list[list[str | None]] = []

    def ask() -> None:
        barrier.wait()
        found.append(names(keys, "old"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [["old"]] * 8
    assert issuer.asked == 1


def test_a_key_without_a_name_may_have_signed_anything() -> None:
    keys = KeySet(lambda: key_set(jwk(PUBLIC), jwk(PUBLIC, kid="named")))

    assert names(keys, "unheard of") == [None]
    assert names(keys, None) == [None, "named"]


def test_only_public_signing_keys_that_are_strong_enough_are_taken() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 the weakness is the point
    p384 = ec.generate_private_key(ec.SECP384R1())
    document = key_set(
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"},
        {"kty": "oct", "kid": "confused", "alg": "RS256", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "eA", "y": "eQ"},
        {"kty": "unheard of", "kid": "future"},
        RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True) | {"kid": "private"},
        jwk(PUBLIC, kid="for encryption", use="enc"),
        jwk(PUBLIC, kid="RS512", alg="RS512"),
        jwk(weak.public_key(), kid="weak"),
        jwk(p384.public_key(), kid="P-384"),
        jwk(p384.public_key(), kid="P-384 as ES256", alg="ES256"),
        jwk(PUBLIC, kid="r", use="sig", alg="RS256"),
        jwk(EC_KEY.public_key(), kid="e"),
    )

    taken = read_key_set(document)

    assert [(key.kid, key.algorithm) for key in taken] == [("r", "RS256"), ("e", "ES256")]


def test_a_set_without_a_usable_key_is_none() -> None:
    with pytest.raises(ValueError, match="RS256 or ES256"):
        read_key_set(key_set(jwk(PUBLIC, use="enc")))


def test_keys_do_not_show_in_a_representation() -> None:
    assert "key=" not in repr(read_key_set(both_keys())[0])
