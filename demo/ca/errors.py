"""Everything the CA refuses, as one tree; `server.py` turns each class into a status, and the message is all that the caller learns."""


class CaError(Exception):
    """The CA refuses, or cannot start; the message holds no secret."""


class ConfigRefused(CaError):
    """The environment holds values that the CA cannot start with; the message lists all of them."""


class OfficerRefused(CaError):
    """A call came without the secret that it needs."""


class ApplicationRefused(CaError):
    """An application says something that cannot stand in a certificate or a letter; `field` is the one to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field

    @property
    def reason(self) -> str:
        """One word for it: another user id is needed, or another application."""
        return "user_id" if self.field == "user_id" else "application"


class ApplicationUnknown(CaError):
    """There is no such application, or it is in a state that does not allow this."""


class SignatureRefused(CaError):
    """A signed application is not believed: its signature, its certificate, or whose certificate it is; `reason` is one word for it."""

    def __init__(self, message: str, reason: str = "not_trusted") -> None:
        super().__init__(message)
        self.reason = reason


class CodeRefused(CaError):
    """The identification code is missing, wrong, expired or used; one answer for all, so that guessing teaches nothing."""


class CodeMistyped(CodeRefused):
    """The check letters do not fit: nobody was ever given such a code, and it costs no attempt."""


class CsrRefused(CaError):
    """The certificate request is malformed, not signed by its own key, or its key is not allowed."""

    reason = "key"


class NotYet(CaError):
    """Nobody has applied for a certificate for this key, or it is not decided; asked again later, the answer may be another."""


class ClientRefused(CaError):
    """The TLS client certificate is missing, or does not give the right that is asked for."""


class CertificateUnknown(CaError):
    """No certificate with this serial number was issued here."""


class StatusRefused(CaError):
    """The certificate's state does not allow this change."""
