"""
A small certification authority: issues document-signing certificates over EST (RFC 7030) and answers for them by CRL and OCSP.

One root key signs everything. It plays the accredited CA of the demo and trusts nothing but its own records: no registration desk, no HSM,
no TLS (EST asks for it; put a proxy in front). Do not let it certify real people.
"""
