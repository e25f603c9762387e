"""The proof that the audit is whole: every hash made anew, and compared with the anchors."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from connectors.native.audit_log import ANCHORS, AuditLog, Head, Kept, copy_id
from domain.chain import START, link, signature


@dataclass(slots=True)
class Findings:
    """What was looked at, and for each chain the first place where something is wrong."""

    problems: list[str] = field(default_factory=list)
    entries: int = 0
    chains: int = 0
    anchors: int = 0

    @property
    def summary(self) -> str:
        """All of it in a sentence."""
        seen = f"{self.entries} records in {self.chains} chains, {self.anchors} anchors"
        return f"{seen}: {'broken' if self.problems else 'whole'}."


@dataclass(slots=True)
class _Known:
    """What the anchors say of a chain: where it has to begin, and its hashes by number."""

    begins: Head
    hashes: dict[int, bytes] = field(default_factory=dict)


async def proven(log: AuditLog, *, known: Sequence[str] = ()) -> Findings:
    """Walk along all that is kept. `known` are hashes of anchors that have to be there."""
    findings = Findings()
    anchors = await log.anchors()
    chains = _of_anchors(log.key, anchors, findings)
    there = {each.hash.hex() for each in anchors}
    findings.problems += [f"anchor {each}: it is gone" for each in known if each not in there]
    found = [*chains, *(each for each in await log.chains() if each not in chains)]
    for chain in found:
        findings.chains += 1
        problem = await _of_chain(log, chain, chains.get(chain), findings)
        if problem is not None:
            findings.problems.append(f"chain {chain}, {problem}")
    return findings


def _of_anchors(key: bytes, anchors: Sequence[Kept], findings: Findings) -> dict[UUID, _Known]:
    chains: dict[UUID, _Known] = {}
    before = START
    for number, each in enumerate(anchors):
        findings.anchors += 1
        problem = _anchor_problem(key, before, number, each)
        if problem is not None:
            findings.problems.append(f"anchor {number}: {problem}")
            break
        before = each.hash
        _note(chains, orjson.loads(each.body))
    return chains


def _anchor_problem(key: bytes, before: bytes, number: int, anchor: Kept) -> str | None:
    if anchor.number != number:
        return f"it is missing; the next is {anchor.number}"
    body = anchor.body.encode()
    if link(before, chain=ANCHORS, number=number, body=body) != anchor.hash:
        return "it was changed"
    if not hmac.compare_digest(signature(key, anchor.hash), anchor.signature):
        return "it is not signed with the key of this configuration"
    return None


def _note(chains: dict[UUID, _Known], said: Mapping[str, Any]) -> None:
    chain, number, hashed = UUID(said["chain"]), said["number"], bytes.fromhex(said["hash"])
    known = chains.setdefault(chain, _Known(Head(chain, -1, START)))
    if said["kind"] == "removed":
        known.begins = Head(chain, number, hashed)
        known.hashes = {each: one for each, one in known.hashes.items() if each > number}
    else:
        known.hashes[number] = hashed


async def _of_chain(
    log: AuditLog, chain: UUID, known: _Known | None, findings: Findings
) -> str | None:
    """What is wrong first with a chain; `None` where it is whole."""
    if known is None:
        return "record 0: no anchor knows this chain; it was put in"
    _, number, before = known.begins
    async for page in log.entries(chain):
        copies = await log.copies(chain, page[0].number, page[-1].number)
        for entry in page:
            number += 1
            problem = _entry_problem(before, number, entry, known)
            problem = problem or _copies_problem(entry, copies.get(entry.number, ()))
            if problem is not None:
                return f"record {number}: {problem}"
            findings.entries += 1
            before = entry.hash
    last = max(known.hashes, default=-1)
    if last > number:
        return f"record {number + 1}: it is missing, and so are those up to {last}"
    return None


def _entry_problem(before: bytes, number: int, entry: Kept, known: _Known) -> str | None:
    if entry.number != number:
        return "it is missing" if entry.number > number else "it was put in"
    made = link(before, chain=entry.chain, number=number, body=entry.body.encode())
    if made != entry.hash:
        return "it, or its hash, was changed"
    anchored = known.hashes.get(number)
    if anchored is not None and anchored != entry.hash:
        return "it is not the one that was anchored"
    if datetime.fromisoformat(orjson.loads(entry.body)["at"]) != entry.at:
        return "its time was changed"
    return None


_COPIED = ("kind", "viewer", "role", "purpose", "operation", "client", "request_id", "fields")


def _copies_problem(entry: Kept, copies: Sequence[Mapping[str, Any]]) -> str | None:
    """Whether `access_record` says the same; it is what `accessLog` shows."""
    wanted = list(_copies(entry))
    if len(wanted) != len(copies):
        return f"{len(copies)} of {len(wanted)} access records are there"
    for each, copy in zip(wanted, copies, strict=True):
        if each != {name: copy[name] for name in each}:
            return f"the access record {copy['id']} was changed"
    return None


def _copies(entry: Kept) -> Iterator[Mapping[str, Any]]:
    said = orjson.loads(entry.body)
    same = {name: said[name] for name in (*_COPIED, "masked")}
    for place, customer in enumerate(said["customers"]):
        named = {"id": copy_id(entry.chain, entry.number, place), "customer_id": UUID(customer)}
        yield {**same, **named, "at": entry.at}
