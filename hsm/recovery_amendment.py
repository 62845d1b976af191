"""The amendment about printed recovery codes, step (4) of `amendment.amend`: their hashes take the place of all earlier ones."""

from hsm.change import Change
from hsm.errors import Malformed
from hsm.messages import PasskeyRecord, SetRecoveryTransaction
from hsm.otp_amendment import Write
from hsm.records import Passkey
from hsm.recovery import require_key
from hsm.recovery_records import RECOVERY_SETS, RecoverySet
from hsm.sam import Sam


def set_recovery(sam: Sam, amendment: SetRecoveryTransaction, passkey: Passkey, _: PasskeyRecord | None) -> Write:
    """Give what is to be written; raises Malformed where a code is there twice, CredentialUnusable where no key is left."""
    if len(set(amendment.codes)) != len(amendment.codes):
        raise Malformed("a recovery code twice")
    require_key(sam, amendment.enrollment_id)
    codes = b"".join(map(bytes.fromhex, amendment.codes))

    def write(change: Change) -> None:
        earlier = change.row_now(RECOVERY_SETS, amendment.enrollment_id)
        if earlier is None:
            change.add_row(RECOVERY_SETS, RecoverySet(amendment.enrollment_id, amendment.signer, passkey.user_handle, codes))
        else:
            change.change_row(RECOVERY_SETS, earlier, codes=codes)

    return write
