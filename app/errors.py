"""
The authorization server's errors, one tree; `problems` says how each looks outside.

    NatsuinError
    ├── CannotStart
    ├── BadRequest         the request itself: BadParameter, BadJson, BadContentType, BodyTooLarge, WrongOrigin
    ├── Unauthenticated    who asks: BadAuthorizationHeader, TokenUnknown, TokenExpired, ClientRefused, SessionRequired, SignInRefused,
    │                      SignInOver, LoginHeaderMalformed, LoginRefused, ClientUnproven, ProofRefused
    ├── NotAllowed         what is asked: CredentialUnknown, CredentialDisabled, InvalidAuthenticationData, HandleUnknown,
    │                      AuthorizationUnknown, SubjectUnknown, LinkUnknown, CodeRefused, EvidenceRefused, RegistrationRefused,
    │                      PasskeyUnacceptable, PasskeySynced, WrongCode, CodeNeeded, CodeOver, PasskeyNeeded,
    │                      Ended, ChangeOver, LastPasskey, NameRefused, RecoveryWaiting, RecoveryEnded, TooManyOpen,
    │                      TooManyRefused, SignerQuiet, QuotaUsedUp, TooFast, SigningRefused, PinUnacceptable, TokenCodeRefused,
    │                      OtpRefused, OtpLocked, OtpClosed, PinFromApplication, OtpFromApplication, ScreenNeeded,
    │                      PdfUnusable, DocumentDiffers, GrantRefused, ScopeRefused
    ├── Unavailable        in doubt, so no for now: StoreUnavailable, RedisUnavailable, SamUnavailable, CertificateUnavailable,
    │                      StatusUnavailable, FontsMissing, TimestampUnavailable
    ├── StatementRefused   on the command line only
    ├── JwtRefused         between `oauth.jose` and its readers only
    └── SamRefused         between `sam` and the story only; each step turns it into one of the above
"""

from hsm.messages import ErrorCode, ErrorReply


class NatsuinError(Exception):
    """Base of all; never raised itself."""


class CannotStart(NatsuinError):
    """Settings that can't be used; the text lists every one, never a secret's value."""


# ------------------------------------------------------------------------------------------------------------ the request itself


class BadRequest(NatsuinError):
    """The request can't be understood."""


class BadParameter(BadRequest):
    """A parameter is missing, or not what it must be; the text is the standard's own."""


class BadJson(BadRequest):
    """The body is not one JSON object with each key once."""


class BadContentType(BadRequest):
    """The body is not what this route reads."""


class BodyTooLarge(BadRequest):
    """The body is over the route's limit."""


class WrongOrigin(BadRequest):
    """A page of another site sent this."""


# ------------------------------------------------------------------------------------------------------------------- who asks


class Unauthenticated(NatsuinError):
    """We don't know who asks."""


class BadAuthorizationHeader(Unauthenticated):
    """Not of the form `Bearer …` (CSC 2.0 §10)."""


class TokenUnknown(Unauthenticated):
    """The access token was never given, was revoked, or is long gone."""


class TokenExpired(Unauthenticated):
    """The access token's time is over."""


class ClientRefused(Unauthenticated):
    """The application did not show who it is; the text is the standard's own."""


class ClientUnproven(Unauthenticated):
    """The application's assertion or certificate does not show who it is (RFC 6749 §5.2: `invalid_client`)."""


class ProofRefused(Unauthenticated):
    """
    The DPoP proof does not hold, or must hold `nonce`, or the token is bound to what was not shown (RFC 9449 §7.1, §8; RFC 8705 §3).

    `at_resource`: it came with an access token; otherwise to a token endpoint.
    """

    def __init__(self, code: str, why: str, *, at_resource: bool, nonce: str | None = None) -> None:
        super().__init__(why)
        self.code, self.at_resource, self.nonce = code, at_resource, nonce


class SessionRequired(Unauthenticated):
    """The signer is not signed in."""


class SignInOver(Unauthenticated):
    """The sign-in that was begun is over, or was done; it may be begun anew."""


class SignInRefused(Unauthenticated):
    """The passkey's answer did not verify, or came too late."""


# ---------------------------------------------------------------------------------------------------------------- what is asked


class NotAllowed(NatsuinError):
    """The request is clear, and the answer is no."""


class CredentialUnknown(NotAllowed):
    """No such credential, or not this caller's to use: one answer."""


class CredentialDisabled(NotAllowed):
    """The credential can't sign."""


class InvalidAuthenticationData(NotAllowed):
    """The application sent a factor that it can't have: the signer shows theirs to us alone (CSC 2.0 §11.7)."""


class LoginHeaderMalformed(Unauthenticated):
    """`auth/login` without HTTP Basic."""


class LoginRefused(Unauthenticated):
    """`auth/login` with an id or a secret that is wrong: one answer."""


class PinFromApplication(InvalidAuthenticationData):
    """A PIN in CSC v1."""


class OtpFromApplication(InvalidAuthenticationData):
    """A one-time password in CSC v1."""


class ScreenNeeded(NotAllowed):
    """The signer would need something from the application's screen, which CSC v1 has no place to tell."""


class PdfUnusable(NotAllowed):
    """A PDF that can't be signed, or not so."""


class DocumentDiffers(NotAllowed):
    """A document for `signDoc` that is not the approved one."""


class HandleUnknown(NotAllowed):
    """No such handle, or another application's: one answer."""


class AuthorizationUnknown(NotAllowed):
    """No such authorization, or another signer's: one answer."""


class CodeNeeded(NotAllowed):
    """This request opens with the code on its application's screen only, and this browser did not come with one."""


class PasskeyNeeded(NotAllowed):
    """What this request says is confidential, and is shown after a sign-in of just now."""


class CodeOver(NotAllowed):
    """A code from a screen that was used, is too old, or is none at all."""


class SubjectUnknown(NotAllowed):
    """No such key, device, change or entry, or another signer's: one answer."""


class LinkUnknown(NotAllowed):
    """The one-time link, or the letter's code, was never given, is used, or is over: one answer."""


class CodeRefused(NotAllowed):
    """The CA does not know the person by this code (any more); a key that was made waits for the right one of the same link."""


class ApplicationRefused(NotAllowed):
    """The CA, or we before it, did not take a signed application, for this `reason`; `said` are the CA's own words. The key waits."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.said = said


class EvidenceRefused(NotAllowed):
    """The passkey's answer does not prove that this signer approved this transaction."""


class OtpRefused(NotAllowed):
    """PIN or one-time password is wrong, or both: one answer."""

    def __init__(self, tries_left: int) -> None:
        super().__init__()
        self.tries_left = tries_left


class OtpLocked(NotAllowed):
    """PIN and one-time password were wrong too often in a row; they are not looked at until a passkey unlocks them."""


class OtpClosed(NotAllowed):
    """PIN and one-time password were wrong too often for signing in from this link."""


class RegistrationRefused(NotAllowed):
    """The new passkey's answer did not verify."""


class PasskeyUnacceptable(NotAllowed):
    """The new passkey is not of a kind that the SAM's operator takes."""


class PasskeySynced(NotAllowed):
    """The new passkey may be copied to other devices, and the SAM's operator takes none that may."""


class WrongCode(NotAllowed):
    """The code is not the one on the application's screen."""

    def __init__(self, tries_left: int) -> None:
        super().__init__()
        self.tries_left = tries_left


class Ended(NotAllowed):
    """The authorization has ended, in this state, for this reason."""

    def __init__(self, state: str, reason: str | None = None) -> None:
        super().__init__(state)
        self.state, self.reason = state, reason


class ChangeOver(NotAllowed):
    """The change can't be made any more as it was composed: its time ran out, or what it changes is another now. It may be asked anew."""


class LastPasskey(NotAllowed):
    """The only passkey left: without it nothing could be approved, and it can't approve its own removal."""


class PinUnacceptable(NotAllowed):
    """The PIN is one that anyone would try first, or has not the form of one; another one may be chosen."""


class TokenCodeRefused(NotAllowed):
    """Token and code do not fit, the token is not to be had, or the passkey's answer does not verify: the SAM does not say which."""


class EndpointRefused(NotAllowed):
    """This is no subscription at a push service that we know: its address, what that leads to, or its keys."""


class NameRefused(NotAllowed):
    """A device can't be called so: empty, too long, or with characters that do not show."""


class RecoveryWaiting(NotAllowed):
    """This device's passkey was made with a recovery code, and may do nothing before this time (unix seconds)."""

    def __init__(self, until: int) -> None:
        super().__init__()
        self.until = until


class RecoveryEnded(NotAllowed):
    """The recovery was stopped, or nobody came for it in time; the device may do nothing."""


class TooManyOpen(NotAllowed):
    """This signer has as many open requests as one may have."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooManyRefused(NotAllowed):
    """This signer has refused this application, or left it waiting, too often lately."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class SignerQuiet(NotAllowed):
    """This signer wants no requests for now."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class QuotaUsedUp(NotAllowed):
    """This application has asked as often as its operator lets it."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooFast(NotAllowed):
    """Asked again before it was time."""

    retry_after_s = 2


class SigningRefused(NotAllowed):
    """The SAM refused to activate the key, with this code."""

    def __init__(self, code: ErrorCode, subject: str = "") -> None:
        super().__init__(code)
        self.code, self.subject = code, subject


class GrantRefused(NotAllowed):
    """Nothing is granted, for a reason that OAuth 2.0, RAR, PAR or CIBA has a code for."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class ScopeRefused(NotAllowed):
    """The access token is for something else (RFC 6750 §3.1)."""


# ------------------------------------------------------------------------------------------------------------------- in doubt


class Unavailable(NatsuinError):
    """Something that we rely on is in doubt; nothing was granted and nothing is lost."""

    retry_after_s = 2


class StoreUnavailable(Unavailable):
    """The database can't be read, or the change could not be made durable."""


class RedisUnavailable(Unavailable):
    """Redis does not answer."""


class SamUnavailable(Unavailable):
    """The SAM, or its HSM, does not answer."""


class StatusUnavailable(Unavailable):
    """The CA does not say whether a certificate still stands, and the SAM's operator wants to know."""


class CertificateUnavailable(Unavailable):
    """The CA does not answer, or can't certify this; the key is kept and the same link may be used again."""


class TimestampUnavailable(Unavailable):
    """The time-stamping authority gave no token that fits."""


class FontsMissing(Unavailable):
    """The fonts that papers are printed with are not on this machine."""


class StatementRefused(NatsuinError):
    """A file is not a statement of this service, or was changed; the text says what is wrong."""


class JwtRefused(NatsuinError):
    """A JWT that can't be read, or whose signature or claims do not hold; its reader makes an error of its own of it."""


class SamRefused(NatsuinError):
    """The SAM said no; each step of the story turns this into an error of its own."""

    def __init__(self, reply: ErrorReply) -> None:
        super().__init__(reply.error)
        self.code, self.authorization_id, self.problems, self.tries_left = (
            reply.error,
            reply.authorization_id,
            reply.problems,
            reply.tries_left,
        )


def registration_refused(refusal: SamRefused) -> NotAllowed:
    """Say why the SAM does not take a new passkey, as far as its holder can do something about it."""
    kinds = {ErrorCode.PASSKEY_UNACCEPTABLE: PasskeyUnacceptable, ErrorCode.PASSKEY_SYNCED: PasskeySynced}
    return kinds.get(refusal.code, RegistrationRefused)(refusal.code)


# ------------------------------------------------------------------------------------------------- push services, to us alone


class PushGone(NatsuinError):
    """The subscription is over."""


class PushRefused(NatsuinError):
    """The push service does not want us, with this HTTP status: our key is not the subscription's, or our contact is not to its taste."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class PushLater(NatsuinError):
    """The push service does not answer, or has no time; `retry_after_s` where it says when to try again."""

    def __init__(self, why: str, retry_after_s: int | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class PushFailed(NatsuinError):
    """The push service will not take this message."""
