"""The signed statement of a signer's history: asked of the SAM, laid out for people, and checked by anyone; no HTTP here."""
