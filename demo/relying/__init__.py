"""
A relying application: somebody uploads a PDF, a signer approves on the phone, the signed PDF is validated and can be downloaded.

It is a stranger to the signing service: it speaks CSC API v2 over OAuth 2.0 and nothing else. `python -m demo.relying` serves it.
"""
