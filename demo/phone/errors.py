"""Everything that can keep the phone from its work, as one tree; refusals of the server carry its error code."""


class PhoneError(Exception):
    """The phone could not do what it was asked to; the message is for people and holds no secret."""


class AddressRefused(PhoneError):
    """An address is not one of this server's pages."""


class CodeMistyped(PhoneError):
    """The check letters of a code do not fit: it is not the one in the letter."""


class AppUnreadable(PhoneError):
    """There is no authenticator app, or not one that could be read."""


class TokenUnknown(PhoneError):
    """It is not clear which token is meant."""


class Unreachable(PhoneError):
    """No answer came; whether the server acted is not known."""


class AnswerMalformed(PhoneError):
    """The answer is not what the interface promises."""


class TransactionRefused(PhoneError):
    """What the server shows is not what it wants signed; the phone does not sign."""


class ApplicationDue(PhoneError):
    """The key is made, and waits for a certificate: the CA wants a signed application, or has it and has not decided."""

    def __init__(self, application: str) -> None:
        text = "the certification authority is looking at the application: ask again later"
        due = "the key is made; now sign the application with your certificate: get it with `application`, send it with `apply`"
        super().__init__(due if application == "due" else text)


class ReceiptMissing(PhoneError):
    """There is no signed receipt."""


class NotOffered(PhoneError):
    """Only a passkey may do this."""


class CodeRequired(PhoneError):
    """The application shows a code, and it must be typed here."""


class ServerRefused(PhoneError):
    """The server said no."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(MEANINGS.get(code, f"the server refused: {code}"))
        self.code = code
        self.status = status


class SessionRequired(ServerRefused):
    """Sign in first."""


class WrongCode(ServerRefused):
    """The code is not the one that the application shows."""

    def __init__(self, code: str, status: int, tries_left: int) -> None:
        super().__init__(code, status)
        self.tries_left = tries_left


class OtpRefused(ServerRefused):
    """PIN or one-time password is wrong; the server does not say which."""

    def __init__(self, code: str, status: int, tries_left: int) -> None:
        super().__init__(code, status)
        self.tries_left = tries_left


class ApplicationRefused(ServerRefused):
    """A signed application was not taken; the key waits for another one."""

    def __init__(self, code: str, status: int, reason: str, said: str) -> None:
        super().__init__(code, status)
        self.reason = reason
        self.args = (APPLICATION_REFUSED.get(reason, said or reason),)


class Ended(ServerRefused):
    """The authorization is over."""

    def __init__(self, code: str, status: int, state: str) -> None:
        super().__init__(code, status)
        self.state = state


class Unavailable(ServerRefused):
    """The server cannot do it now; try again."""

    def __init__(self, code: str, status: int, retry_after_s: int) -> None:
        super().__init__(code, status)
        self.retry_after_s = retry_after_s


APPLICATION_REFUSED = {
    "not_signed": "this is not a signed application: CMS with the application inside, not detached",
    "another_key": "this application is for another key: get the one of this link",
    "not_trusted": "the certification authority does not accept the signature, or the certificate",
    "revoked": "the certificate was revoked, or its issuer does not say",
    "another_person": "the certificate names somebody else",
    "application": "the application is for another certification authority, or more than a day old: get a new one",
    "user_id": "the certification authority knows this user id already, and not by this certificate",
    "key": "the certification authority certifies no such key",
}
MEANINGS = {
    "link_unknown": "this code or link is unknown, expired or used",
    "code_refused": "the certification authority does not accept this code",
    "registration_refused": "the server did not accept the new passkey",
    "certificate_unavailable": "the passkey is registered, the certificate is not there yet: enrol again with the same code or link",
    "sign_in_refused": "the server did not accept the passkey",
    "session_required": "sign in first",
    "not_found": "there is no such thing for this signer",
    "evidence_refused": "the passkey's answer did not verify",
    "otp_refused": "the PIN or the one-time password is wrong",
    "otp_locked": "PIN and one-time password were wrong too often: a passkey must unlock them",
    "otp_closed": "PIN and one-time password were wrong too often: this link takes a passkey only",
    "sign_in_over": "this took too long, or was done before: begin again, with a new one-time password",
    "key_unusable": "the key is frozen, or can no longer sign",
    "change_over": "there is nothing to change any more; look again",
    "last_passkey": "it is the only passkey",
    "pin_unacceptable": "a PIN has 6 to 12 digits, and is none that anyone would try first",
    "token_code_refused": "the code does not fit the token, was used before, or the token is not to be had",
    "name_refused": "a device cannot be called so",
    "recovery_waiting": "this phone was begun with a recovery code, and its waiting time is not over",
    "recovery_ended": "this phone was begun with a recovery code, and was stopped, or nobody came in time",
    "wrong_code": "this is not the code that the application shows",
    "code_needed": "this request opens with the code on the application's screen only",
    "code_over": "the code is over: read the one that is shown now",
    "passkey_needed": "this request is confidential: sign in anew",
    "ended": "this authorization is over",
    "forbidden": "the server does not know this origin",
    "invalid_request": "the server did not understand the request",
    "unavailable": "the server cannot do it now",
}
