"""What the search for secrets finds, and what it says of it."""

import pytest

from chaos.leaks import leaks

SECRETS = {"a token": "tok_one", "another token": "tok_two", "a key": "sk_test_key"}


@pytest.mark.parametrize(
    "text",
    [b"tok_one", b'{"token":"tok_one"}', b"tok_tok_one", b"sk_tok_one_x", b"tok_" * 9 + b"tok_one"],
)
def test_a_secret_is_found_wherever_it_stands_and_named_but_not_told(text: bytes) -> None:
    assert list(leaks([("web.log", text)], SECRETS)) == ["The secret a token is in web.log."]


def test_secrets_side_by_side_are_all_found() -> None:
    text = b"tok_onetok_twosk_test_key"

    assert len(list(leaks([("web.log", text)], SECRETS))) == len(SECRETS)


def test_what_only_begins_like_one_is_none() -> None:
    assert list(leaks([("web.log", b"tok_on tok_three sk_test_ke")], SECRETS)) == []
