"""The signature activation module (SAM): the only program that can use a signer's key, and only on the signer's own proof."""
