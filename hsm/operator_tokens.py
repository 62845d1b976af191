"""
What the operator does with tokens: take in the seeds that a maker delivers, and list them. No web server has a part in it.

A token that is taken in is nobody's; the signer who holds it makes it hers (`otp_amendment`). Its id is a digest of its serial number, so
that a serial number is taken in once, ever.
"""

import hashlib

from hsm.errors import Malformed, SeedsRefused
from hsm.journal import Event
from hsm.messages import ImportTokensReply, ImportTokensRequest, ListTokensReply, ListTokensRequest, token_id_of
from hsm.otp_secrets import conceal_seed
from hsm.records import TokenRecord
from hsm.sam import Sam
from hsm.seeds.pskc import read_pskc
from hsm.seeds.seed import Seed
from hsm.seeds.seed_csv import read_seed_csv
from hsm.tokens import told

TOKENS_A_REPLY = 1_000


def import_tokens(sam: Sam, request: ImportTokensRequest) -> ImportTokensReply:
    """Take in a file of seeds, all of them or none; raises SeedsRefused with a sentence for each thing that is wrong."""
    now = sam.now()
    seeds = _read(request)
    new = [_record(sam, seed) for seed in seeds]
    with sam.store.change(now) as change:
        known = change.known_tokens(token.token_id for token in new)
        if known:
            raise SeedsRefused(*(f"token {number}: taken in before" for number, token in enumerate(new, 1) if token.token_id in known))
        change.add_tokens(new)
        change.journal(Event.IMPORTED, "tokens", number=len(new), file_sha256=hashlib.sha256(request.file).hexdigest())
    return ImportTokensReply(len(new))


def list_tokens(sam: Sam, request: ListTokensRequest) -> ListTokensReply:
    """List all tokens in the order of their ids, so many at a time; raises EvidenceRefused where a row was tampered with."""
    found = sam.store.tokens_after(request.after or "", TOKENS_A_REPLY + 1)
    return ListTokensReply(tuple(map(told, found[:TOKENS_A_REPLY])), len(found) > TOKENS_A_REPLY)


def _read(request: ImportTokensRequest) -> tuple[Seed, ...]:
    if request.format == "pskc":
        return read_pskc(request.file, key=request.key, passphrase=request.passphrase)
    if request.key is not None or request.passphrase is not None:
        raise Malformed("a CSV file is not encrypted")
    return read_seed_csv(request.file)


def _record(sam: Sam, seed: Seed) -> TokenRecord:
    token_id, stand = token_id_of(seed.serial), seed.token
    return TokenRecord(
        token_id=token_id,
        serial=seed.serial,
        kind=stand.kind.value,
        algorithm=stand.algorithm,
        digits=stand.digits,
        period_s=stand.period_s,
        suite=stand.suite,
        seed=conceal_seed(sam, token_id, seed.secret),
        state="free",
        last=stand.last,
        usable_from=seed.usable_from,
        usable_until=seed.usable_until,
    )
