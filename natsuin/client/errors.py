"""
Everything that can keep an application from its signature, as one tree; each text is a sentence for a person and holds no secret.

    ClientError
    ├── Unreachable           no answer, also after repeats
    ├── AnswerUnusable        not what the interface promises
    ├── ApplicationRefused    the client id or secret is wrong
    ├── NoCredential          the signer has no key that can sign now
    ├── Refused               an error of the service (CSC API 2.0 §10.1)
    │   └── NotAsked          429: the signer is not asked now
    └── Ended                 the signer was asked, and there is no signature
        ├── SignerRefused     with the reason
        ├── Expired           nobody decided in time
        ├── Cancelled         the application withdrew it
        ├── Lapsed            approved, and not used in time
        ├── AlreadySigned     signed before; it is not given again
        └── OutcomeUnknown    spent, and whether a signature was made can't be known; ask the signer anew
"""


class ClientError(Exception):
    """There is no signature."""


class Unreachable(ClientError):
    """No answer came; where `may_have_arrived`, the service may have acted."""

    def __init__(self, text: str, *, may_have_arrived: bool) -> None:
        super().__init__(text)
        self.may_have_arrived = may_have_arrived


class AnswerUnusable(ClientError):
    """The answer is not what the interface promises."""


class ApplicationRefused(ClientError):
    """The service does not accept the client id and secret."""


class NoCredential(ClientError):
    """The signer has no key that can sign now: nobody by that name, not enrolled, frozen, or a certificate that has ended."""


class Refused(ClientError):
    """The service answered with an error (CSC API 2.0 §10.1)."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"the service refused: {description or error} ({error}, HTTP {status})")
        self.status, self.error, self.description = status, error, description


class NotAsked(Refused):
    """The signer is not asked now, because of `reason`: `open`, `refused` or `quiet`; ask again after `retry_after_s`."""

    def __init__(self, description: str, reason: str, retry_after_s: float) -> None:
        super().__init__(429, "too_many_requests", description)
        self.reason, self.retry_after_s = reason, retry_after_s


class Ended(ClientError):
    """The request is over without a signature; `state` is the service's word for how."""

    def __init__(self, text: str, state: str) -> None:
        super().__init__(text)
        self.state = state


class SignerRefused(Ended):
    """The signer said no, or typed three wrong codes: `reason` is `declined`, `not_me`, `wrong_document` or `wrong_code`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the signer refused ({reason})", "refused")
        self.reason = reason


class Expired(Ended):
    """Nobody decided in time."""

    def __init__(self) -> None:
        super().__init__("nobody decided in time", "expired")


class Cancelled(Ended):
    """The application withdrew it."""

    def __init__(self) -> None:
        super().__init__("the request was withdrawn", "cancelled")


class Lapsed(Ended):
    """The signer approved, and the approval was not used in time."""

    def __init__(self) -> None:
        super().__init__("the approval was not used in time", "lapsed")


class AlreadySigned(Ended):
    """The approval was used before; the signature is given again only for the same `Idempotency-Key`."""

    def __init__(self) -> None:
        super().__init__("this request was signed before", "signed")


class OutcomeUnknown(Ended):
    """The approval is spent, and whether a signature was made can't be known; the service never tries again."""

    def __init__(self) -> None:
        super().__init__("whether a signature was made can't be known; ask the signer anew", "unknown")
