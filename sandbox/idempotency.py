"""The store of idempotency keys: what was asked under a key, what was answered."""

from dataclasses import dataclass, field

from sandbox.reply import Reply

Address = tuple[str, str]


@dataclass(slots=True)
class Record:
    """One key's life: in flight until `reply` is set, forgotten at `expires_at` (virtual time)."""

    fingerprint: str
    request_id: str
    expires_at: float
    reply: Reply | None = None
    object_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """This request owns the key; it must end in `settle` or `release`."""

    store: "IdempotencyStore"
    address: Address
    record: Record

    def settle(self, reply: Reply, object_id: str | None = None) -> None:
        """Keep the answer for replays; `object_id` lets a provider replay the latest state."""
        self.record.reply = reply
        self.record.object_id = object_id

    def release(self) -> None:
        """Forget the key unless settled, as after a refusal that is not kept."""
        if self.record.reply is None:
            self.store.forget(self.address, self.record)


@dataclass(frozen=True, slots=True)
class InFlight:
    """Another request under the key has no answer yet."""

    record: Record


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key was used with other parameters."""

    record: Record


@dataclass(frozen=True, slots=True)
class Replay:
    """The key was used with the same parameters, here is what was answered."""

    record: Record
    reply: Reply


Verdict = Claim | InFlight | Mismatch | Replay


@dataclass(slots=True)
class IdempotencyStore:
    """Keys of one tenant, addressed by (scope, key); the scope is the provider's business."""

    records: dict[Address, Record] = field(default_factory=dict)

    def claim(self, address: Address, fresh: Record, now: float) -> Verdict:
        """Take the key for `fresh`, or say why not. A key past its life counts as unused."""
        record = self.records.get(address)
        if record is None or (record.reply is not None and record.expires_at <= now):
            self.records[address] = fresh
            return Claim(self, address, fresh)
        if record.reply is None:
            return InFlight(record)
        if record.fingerprint != fresh.fingerprint:
            return Mismatch(record)
        return Replay(record, record.reply)

    def forget(self, address: Address, record: Record | None = None) -> None:
        """Drop the key; with `record`, only while that very record holds it."""
        if record is None or self.records.get(address) is record:
            self.records.pop(address, None)

    def forget_key(self, key: str) -> None:
        """Drop the settled key in every scope, as if its life had ended."""
        for address in [a for a, r in self.records.items() if a[1] == key and r.reply is not None]:
            del self.records[address]
