"""Secrets at rest: authenticated encryption under a ring of keys."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import TypeAdapter

from shared.domain.charge import Instrument

_INSTRUMENT: Final[TypeAdapter[Instrument]] = TypeAdapter(Instrument)


class Vault:
    """Encrypts with the newest key (the first), decrypts with any (Fernet, cryptography.io)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._newest = Fernet(keys[0])
        self._ring = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> bytes:
        """Encrypt a text for its row."""
        return self._ring.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt what `seal` made; cryptography's InvalidToken where no key fits."""
        return self._ring.decrypt(sealed).decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it, so that no other is needed for it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: bytes) -> bytes:
        """The same secret under the newest key; InvalidToken where no key fits."""
        return self._ring.rotate(sealed)

    def seal_instrument(self, instrument: Instrument) -> bytes:
        """Encrypt what the buyer gave to pay with."""
        return self.seal(_INSTRUMENT.dump_json(instrument).decode())

    def open_instrument(self, sealed: bytes) -> Instrument:
        """Decrypt what `seal_instrument` made."""
        return _INSTRUMENT.validate_json(self.open(sealed))


def fingerprint(secret: str) -> bytes:
    """A hash that tells whether two random tokens are equal without holding either."""
    return sha256(secret.encode()).digest()
