"""The signer's door: one file, one page, one template, one script."""
