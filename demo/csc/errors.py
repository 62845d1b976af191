"""What can end a signature before there is one (CSC API v2 §10): one small tree, each text a sentence for a person."""


class CscError(Exception):
    """The service gave no signature; the text says why, for a person."""


class ServiceUnreachable(CscError):
    """The service did not answer, also after repeats."""


class AnswerUnusable(CscError):
    """The service answered something that CSC API v2 does not foresee."""


class NoCredential(CscError):
    """The signer has no signing key at the service: nobody by that name, or not enrolled yet."""


class ServiceRefused(CscError):
    """The service answered with an error (CSC API v2 §10): `status`, `error`, `description` and, where it gave one, `reason`."""

    def __init__(self, status: int, error: str, description: str = "", reason: str | None = None) -> None:
        super().__init__(f"the service refused: {error} ({description or f'HTTP {status}'})")
        self.status, self.error, self.description, self.reason = status, error, description, reason


class ApplicationRefused(CscError):
    """The service did not accept the client id and secret of this application."""


class OutcomeUnknown(CscError):
    """The service spent the approval, and can't say whether a signature was made; it will not try again (CSC leaves this open)."""


class ApprovalEnded(CscError):
    """The authorization ended without an approval."""


class SignerRefused(ApprovalEnded):
    """The signer refused; `reason` is `declined`, `not_me`, `wrong_code` or whatever else the service says."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the signer refused ({reason})")
        self.reason = reason


class ApprovalExpired(ApprovalEnded):
    """Nobody approved in time."""
