"""Which tokens are believed, and which are not, however they are made up."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from api_shim.claims import Claims
from api_shim.key_sets import LIFE, KeySet, KeysUnavailable
from api_shim.tokens import LEEWAY, TokenRefused, Verifier
from api_shim.verified_tokens import MOST, Verified, VerifiedTokens
from api_shim.verifying_keys import shared_secret
from tests.unit.issuer import (
    OTHER_RSA_KEY,
    SECRET,
    both_keys,
    claims,
    forged,
    jwk,
    key_set,
    rsa_pem,
    segment,
    signed,
)

NOW = int(time.time())
HS256 = {"alg": "HS256", "typ": "JWT"}
DEEP = b"[" * 5000
EVERYBODY = Verifier((shared_secret(SECRET),), KeySet(both_keys))

HOSTILE = {
    "no token at all": "x",
    "two parts": "a.b",
    "four parts": f"{signed()}.{segment(b'x')}",
    "empty parts": "..",
    "no base64": "!!!.@@@.###",
    "not ASCII": "tökén.é.ü",
    "padding inside": signed().replace(".", "=.", 1),
    "a header that is no JSON": forged(b"{alg", claims()),
    "a header that is a list": forged(["HS256"], claims()),
    "a header of five thousand brackets": forged(DEEP, claims()),
    "a payload of five thousand brackets": forged(HS256, DEEP),
    "a payload that is a list": forged(HS256, [claims()]),
    "a payload that is no UTF-8": forged(HS256, b'{"sub": "\xff"}'),
    "no signature": signed().rpartition(".")[0] + ".",
    "alg none": jwt.encode(claims(), "", "none"),
    "alg None, signed": forged({"alg": "None"}, claims()),
    "alg none, in capitals": f"{segment({'alg': 'NONE'})}.{segment(claims())}.",
    "no alg": forged({"typ": "JWT"}, claims()),
    "alg null": forged({"alg": None}, claims()),
    "alg a list": forged({"alg": ["HS256"]}, claims()),
    "alg in small letters": forged({"alg": "hs256"}, claims()),
    "HS512 under the right secret": jwt.encode(claims(), SECRET * 2, "HS512"),
    "HS256 under the RSA public key": forged(HS256 | {"kid": "r"}, claims(), rsa_pem()),
    "RS256 over an HMAC": forged({"alg": "RS256", "kid": "r"}, claims()),
    "ES256 under an RSA key's name": forged({"alg": "ES256", "kid": "r"}, claims()),
    "PS256": signed("PS256", key=OTHER_RSA_KEY, kid="r"),
    "another's RSA key": signed("RS256", key=OTHER_RSA_KEY, kid="r"),
    "another's RSA key, unnamed": signed("RS256", key=OTHER_RSA_KEY),
    "another's EC key": signed("ES256", key=ec.generate_private_key(ec.SECP256R1()), kid="e"),
    "an unknown key": signed("RS256", kid="of-nobody"),
    "a key brought along": forged({"alg": "RS256", "jwk": {"kty": "oct", "k": "eA"}}, claims()),
    "a key to be fetched": forged({"alg": "RS256", "jku": "http://127.0.0.1/keys"}, claims()),
    "kid a number": forged(HS256 | {"kid": 7}, claims()),
    "an extension nobody knows": forged(HS256 | {"crit": ["exp"], "exp": 1}, claims()),
    "an unencoded payload": forged(HS256 | {"b64": False, "crit": ["b64"]}, b""),
    "another secret": signed(key="another HS256 secret of forty characters"),
    "a changed payload": ".".join(
        [signed().split(".")[0], segment(claims(scope="admin")), signed().split(".")[2]]
    ),
    "no exp": signed(exp=None),
    "exp null": forged(HS256, claims() | {"exp": None}),
    "exp a word": forged(HS256, claims(exp="tomorrow")),
    "exp a list": forged(HS256, claims(exp=[NOW + 60])),
    "exp infinite": forged(HS256, b'{"sub": "buyer-1", "exp": 1e999}'),
    "exp not a number": forged(HS256, b'{"sub": "buyer-1", "exp": NaN}'),
    "exp of five thousand digits": forged(HS256, b'{"sub": "b", "exp": ' + b"9" * 5000 + b"}"),
    "expired": signed(exp=NOW - LEEWAY - 5),
    "not valid before tomorrow": signed(nbf=NOW + 86_400),
    "nbf a word": signed(nbf="soon"),
    "issued tomorrow": signed(iat=NOW + 86_400),
    "iat a list": forged(HS256, claims(iat=[1])),
    "no sub": signed(sub=None),
    "sub a number": forged(HS256, claims(sub=7)),
    "sub a list": forged(HS256, claims(sub=["buyer-1"])),
    "sub empty": signed(sub=""),
    "sub of 256 characters": signed(sub="x" * 256),
    "sub with a NUL": signed(sub="buyer\0"),
    "sub with a line break": signed(sub="buyer\nadmin"),
    "sub with half a surrogate pair": forged(HS256, b'{"sub": "\\ud800", "exp": 9999999999}'),
    "sub that runs backwards": signed(sub="buyer\u202e1"),
    "scope a number": forged(HS256, claims(scope=1)),
    "scope an object": forged(HS256, claims(scope={"admin": True})),
    "scopes that are no words": forged(HS256, claims(scope=["admin", 1])),
    "meant for somebody else": signed(aud="another-service"),
}


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        EVERYBODY.verify(token)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
@pytest.mark.parametrize("kid", ["its own", None])
def test_a_good_token_is_believed_under_each_algorithm(algorithm: str, kid: str | None) -> None:
    names = {"RS256": "r", "ES256": "e", "HS256": "any"}

    found = EVERYBODY.verify(signed(algorithm, kid=names[algorithm] if kid else None))

    assert found.sub == "buyer-1"
    assert found.scope == {"orders:write"}


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        (None, set()),
        ("", set()),
        ("orders:write", {"orders:write"}),
        ("orders:write  refunds:write", {"orders:write", "refunds:write"}),
        (["orders:write", "refunds:write"], {"orders:write", "refunds:write"}),
        ([], set()),
    ],
)
def test_scopes_are_words_or_a_list(scope: object, scopes: set[str]) -> None:
    assert EVERYBODY.verify(signed(scope=scope)).scope == scopes


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -1), ("nbf", 9), ("iat", 9)])
def test_clocks_may_differ_by_ten_seconds(claim: str, seconds: int) -> None:
    token = forged(HS256, claims(**{claim: int(time.time()) + seconds}))

    assert EVERYBODY.verify(token).sub == "buyer-1"


def test_any_of_the_secrets_may_have_signed() -> None:
    former = "the secret of last year, forty characters"
    verifier = Verifier((shared_secret(SECRET), shared_secret(former)))

    for secret in (SECRET, former):
        assert verifier.verify(signed(key=secret)).sub == "buyer-1"


def test_an_expired_token_is_called_expired_only_where_it_was_good() -> None:
    with pytest.raises(TokenRefused, match="has expired"):
        EVERYBODY.verify(signed(exp=NOW - 60))
    with pytest.raises(TokenRefused, match="is not valid"):
        EVERYBODY.verify(signed(exp=NOW - 60, key="another HS256 secret of forty characters"))


def test_without_a_shared_secret_no_hmac_is_believed() -> None:
    verifier = Verifier((), KeySet(both_keys))

    for key in (SECRET.encode(), rsa_pem(), b""):
        with pytest.raises(TokenRefused):
            verifier.verify(forged(HS256, claims(), key))


def test_without_a_key_set_no_public_key_is_believed() -> None:
    with pytest.raises(TokenRefused):
        Verifier((shared_secret(SECRET),)).verify(signed("RS256", kid="r"))


AT_HOME = Verifier((shared_secret(SECRET),), None, "https://tickets", "chargehand")


@pytest.mark.parametrize("audience", ["chargehand", ["shop", "chargehand"]])
def test_the_issuer_and_the_audience_that_are_set_are_believed(audience: object) -> None:
    token = forged(HS256, claims(iss="https://tickets", aud=audience))

    assert AT_HOME.verify(token).sub == "buyer-1"


@pytest.mark.parametrize(
    "told",
    [
        {"iss": "https://tickets"},
        {"iss": "https://tickets", "aud": "shop"},
        {"iss": "https://tickets", "aud": {"chargehand": True}},
        {"aud": "chargehand"},
        {"iss": "https://tickets.evil", "aud": "chargehand"},
        {"iss": ["https://tickets"], "aud": "chargehand"},
    ],
)
def test_another_issuer_or_audience_than_the_ones_set_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(TokenRefused):
        AT_HOME.verify(forged(HS256, claims(**told)))


def test_while_no_key_can_be_had_nothing_is_said_about_a_token() -> None:
    def away() -> bytes:
        raise OSError("away")

    verifier = Verifier((shared_secret(SECRET),), KeySet(away))

    with pytest.raises(KeysUnavailable):
        verifier.verify(signed("RS256", kid="r"))
    assert verifier.verify(signed()).sub == "buyer-1"


def test_a_token_that_was_believed_is_refused_once_it_expired() -> None:
    verifier = Verifier((shared_secret(SECRET),))
    token = signed(exp=int(time.time()) - LEEWAY + 2)
    assert verifier.verify(token).sub == "buyer-1"

    time.sleep(2.1)

    with pytest.raises(TokenRefused, match="has expired"):
        verifier.verify(token)


def test_a_token_that_was_believed_falls_with_its_key() -> None:
    served, now = [both_keys()], [1_000.0]
    verifier = Verifier((), KeySet(lambda: served[-1], lambda: now[-1]))
    token = signed("RS256", kid="r")
    assert verifier.verify(token).sub == "buyer-1"

    served.append(key_set(jwk(OTHER_RSA_KEY.public_key(), kid="r")))
    now.append(now[-1] + LIFE)

    with pytest.raises(TokenRefused):
        verifier.verify(token)


def test_a_token_that_was_believed_says_nothing_of_another() -> None:
    verifier, good = Verifier((shared_secret(SECRET),)), signed()
    verifier.verify(good)
    other = signed(sub="buyer-2")

    for hostile in (good[:-1], f"{other.rpartition('.')[0]}.{good.rpartition('.')[2]}"):
        with pytest.raises(TokenRefused):
            verifier.verify(hostile)


def test_only_so_many_tokens_are_known() -> None:
    known, token = VerifiedTokens(), signed()
    verified = Verified(Claims(sub="buyer-1", exp=0), {}, shared_secret(SECRET), time.time() + 60)

    known.keep(token, verified)
    assert known.find(token) == verified
    for number in range(MOST):
        known.keep(f"{token}{number}", verified)

    assert known.find(token) is None
