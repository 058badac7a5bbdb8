"""The certificates this sandbox signs with, genuine or spoiled, by id."""

from datetime import UTC, datetime, timedelta
from functools import cached_property

from sandbox.paypal.pki import Leaf, new_authority, self_signed_leaf


class CertificateCabinet:
    """One root for all merchants, as with PayPal; spoiled leaves are made when first asked for."""

    def __init__(self) -> None:
        self._authority = new_authority()
        self._served: dict[str, Leaf] = {}
        self._current = self._serve(self._authority.issue())

    @property
    def current(self) -> Leaf:
        """The leaf that signs now."""
        return self._current

    @property
    def root_pem(self) -> bytes:
        """What a verifier must trust."""
        return self._authority.root.pem

    @cached_property
    def expired(self) -> Leaf:
        """A leaf of our own that ended yesterday."""
        return self._serve(self._authority.issue(until=datetime.now(UTC) - timedelta(days=1)))

    @cached_property
    def self_signed(self) -> Leaf:
        """A leaf nobody vouches for."""
        return self._serve(self_signed_leaf())

    @cached_property
    def forger(self) -> Leaf:
        """A valid leaf that is never served: its signatures match no certificate."""
        return self._authority.issue()

    def rotate(self) -> Leaf:
        """Sign with a new leaf from now on; the old one stays fetchable."""
        self._current = self._serve(self._authority.issue())
        return self._current

    def find(self, cert_id: str) -> Leaf | None:
        """Give what the certificate endpoint serves under an id."""
        return self._served.get(cert_id)

    def _serve(self, leaf: Leaf) -> Leaf:
        self._served[leaf.cert_id] = leaf
        return leaf
