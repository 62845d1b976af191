"""
Forgetting: a key that got no certificate in its time is taken off the token, on the SAM's own initiative; nobody can ask for it.

It can't meet a certificate that is on its way: registering one and forgetting are conditional writes to the same row, and the first stands.
A key that has a certificate is never forgotten, whatever the clock says.
"""

import logging

from hsm.credential import complete_destruction, complete_destructions
from hsm.errors import SamError
from hsm.journal import Event
from hsm.sam import Sam

log = logging.getLogger("natsuin.sam")


def forget_overdue(sam: Sam) -> int:
    """Forget whatever is due, and give its number; what can't be forgotten now is left for the next time."""
    forgotten = 0
    try:
        complete_destructions(sam)
        for credential_id in sam.store.overdue_credentials(sam.now()):
            forgotten += _forget(sam, credential_id)
    except SamError as error:
        log.warning("not forgotten: %s: %s", type(error).__name__, error)
    return forgotten


def _forget(sam: Sam, credential_id: str) -> bool:
    with sam.enrolling:  # not under the hands of whoever is just making it
        credential = sam.store.credential(credential_id)
        if credential.state not in ("making", "made"):
            return False
        with sam.store.change(sam.now()) as change:
            change.set_credential(credential, state="destroyed")
            change.journal(Event.FORGOTTEN, credential_id)
    complete_destruction(sam, credential_id)
    return True
