"""
The HSM over PKCS#11 (v2.40): sessions, keys, MACs, encryption and signatures. The only part that imports `pkcs11`.

Used as a network HSM needs it: locking asked for at C_Initialize, many sessions at once, one login for the process, a wrong PIN never tried
twice, searches and writes to the token one at a time, handles kept. It knows nothing of signers, approvals or journals.
"""

from hsm.cryptoki.gcm import GCM_IV_BYTES, GCM_TAG_BYTES
from hsm.cryptoki.key_use import ENCRYPTION, MAC, SIGNING
from hsm.cryptoki.module import Module
from hsm.cryptoki.token import Token

__all__ = ["ENCRYPTION", "GCM_IV_BYTES", "GCM_TAG_BYTES", "MAC", "SIGNING", "Module", "Token"]
