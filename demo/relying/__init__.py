"""
A relying application: somebody uploads PDFs, a signer approves them on the phone, the signed PDFs are validated and can be downloaded.

It is a stranger to the signing service: it has `natsuin.client` and `natsuin.pdf`, as anybody may. `python -m demo.relying` serves it.
"""
