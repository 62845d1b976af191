"""What a signer changes of his own: devices that may approve, and keys; one step per file, no HTTP here."""
