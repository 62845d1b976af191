"""Everything the CA refuses, as one tree; `server.py` turns each class into a status, and the message is all that the caller learns."""


class CaError(Exception):
    """The CA refuses, or cannot start; the message holds no secret."""


class ConfigRefused(CaError):
    """The environment holds values that the CA cannot start with; the message lists all of them."""


class OfficerRefused(CaError):
    """An application came without the secret of the registration authority."""


class ApplicationRefused(CaError):
    """An application says something that cannot stand in a certificate."""


class CodeRefused(CaError):
    """The identification code is missing, wrong, expired or used; one answer for all, so that guessing teaches nothing."""


class CsrRefused(CaError):
    """The certificate request is malformed, not signed by its own key, or its key is not allowed."""


class CertificateUnknown(CaError):
    """No certificate with this serial number was issued here."""
