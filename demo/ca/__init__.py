"""
A small certification authority: examines applications, issues document-signing certificates over EST, answers for them by CRL and OCSP.

One root key signs everything, and no HSM holds it. It plays the accredited CA of the demo; do not let it certify real people.
"""
