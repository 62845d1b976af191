"""The receipt (受領書) that a signer signs with a new key, one step per file; no HTTP here."""
