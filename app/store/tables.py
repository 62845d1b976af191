"""The tables of what must never be forgotten."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

metadata = MetaData()

applications = Table(
    "applications",
    metadata,
    Column("client_id", String(22), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("secret_sha256", LargeBinary(32), nullable=False),
    Column("asks_code", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("moving_code", Boolean, nullable=False),  # its requests open with the code on its screen only
    Column("return_urls", String, nullable=False),  # a JSON list
    Column("inbox", Boolean, nullable=False),  # its requests may wait for days
    Column("callback_url", String),
    Column("callback_secret", String(60)),
    Column("policy", String, nullable=False),  # JSON, what differs from all others
    Column("for_all", Boolean, nullable=False),  # its operator vouches that every signer agreed to it
    Column("auth", String(20), nullable=False),  # secret, private_key_jwt, mtls
    Column("jwks", String, nullable=False),
    Column("certificate_sha256", LargeBinary(32)),
    Column("redirect_uris", String, nullable=False),  # a JSON list
)
marks = Table(
    "marks",
    metadata,
    Column("client_id", ForeignKey("applications.client_id"), primary_key=True),
    Column("png", LargeBinary, nullable=False),
)
signers = Table(
    "signers",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("user_handle", LargeBinary(64), nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("language", String(20)),
    Column("quiet_until", BigInteger, nullable=False),  # no application may ask before; 0: any may
)
links = Table(
    "links",
    metadata,
    Column("link_sha256", LargeBinary(32), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),  # open, keying (the SAM has or will have it), certifying (the key is made), done
    Column("transaction", LargeBinary),
    Column("registration", LargeBinary),
    Column("replaces_as", String(22)),
    Column("application", String(4)),  # due, sent: the person applies at the CA with a certificate, not with a code
)
credentials = Table(
    "credentials",
    metadata,
    Column("credential_id", String(22), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("enrollment_id", String(22), nullable=False, index=True),
    Column("key_algorithm", String(10), nullable=False),
    Column("factors", String(20), nullable=False),  # passkey, passkey_or_otp
    Column("certificates", LargeBinary, nullable=False),
    Column("certificate_sha256", String(64), nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),  # enabled, destroyed
    Column("frozen_until", BigInteger, nullable=False),  # 0: it is not
    Column("frozen_by", String(10)),  # signer, operator, not_me
    Column("freeze_owed", Boolean, nullable=False),  # the SAM has not confirmed it yet
    Column("renewed_by", String(22)),
    Column("reminded", Integer),  # so many days before the end, last
    Column("not_me_at", BigInteger, nullable=False),  # the last refusal as "not me" that still counts towards freezing; 0: there is none
    Column("created", BigInteger, nullable=False),
)
passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey_id", LargeBinary(1023), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("enrollment_id", String(22), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("name", String(100), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_used", BigInteger, nullable=False),
)
authorizations = Table(
    "authorizations",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("application_id", String(22), nullable=False),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False),
    Column("credential_id", ForeignKey("credentials.credential_id"), nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(20)),
    Column("code", String(6)),
    Column("code_tries", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("usable_until", BigInteger),
    Column("approved_with", String(100)),  # the device's name at that time, also of a refusal; or the end of the token's serial number
    Column("factor", String(10)),  # passkey, otp
    Column("told", String(10)),
    Column("told_at", BigInteger),  # when pushes for it began, which counts towards the signer's limit
    Column("delivered_at", BigInteger),
    Column("opened_at", BigInteger),
    Column("later_at", BigInteger),  # its signer put it off
)
# What is open is a handful among very many that have ended: both questions below must not grow with the past.
Index("authorizations_of_signer", authorizations.c.user_id, authorizations.c.state)
Index("authorizations_open", authorizations.c.state, authorizations.c.expires)
Index("authorizations_told", authorizations.c.user_id, authorizations.c.told_at)
Index("authorizations_of_application", authorizations.c.application_id, authorizations.c.created)
Index("authorizations_history", authorizations.c.user_id, authorizations.c.created)
documents = Table(
    "documents",
    metadata,
    Column("authorization_id", ForeignKey("authorizations.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # nonce and AES-256-GCM ciphertext
)
preparations = Table(
    "preparations",
    metadata,
    Column("authorization_id", ForeignKey("authorizations.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # nonce and AES-256-GCM ciphertext
)
responses = Table(
    "responses",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("application_id", String(22), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("state", String(10), nullable=False),  # working, done, failed
    Column("content", LargeBinary, nullable=False),  # nonce and AES-256-GCM ciphertext
    Column("claimed_until", BigInteger, nullable=False),
    Column("keep_until", BigInteger, nullable=False, index=True),
    Column("grant_id", String(22)),
)
Index("responses_working", responses.c.state, responses.c.claimed_until)
additions = Table(
    "additions",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("link_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("enrollment_id", String(22), nullable=False),
    Column("state", String(10), nullable=False),  # open, made, done, refused
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("transaction", LargeBinary),
    Column("registration", LargeBinary),
    Column("passkey_id", LargeBinary(1023)),
    Column("public_key", LargeBinary),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("name", String(100), nullable=False),
)
changes = Table(
    "changes",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("transaction", LargeBinary, nullable=False),
    Column("addition_id", ForeignKey("additions.id")),
    Column("state", String(10), nullable=False),  # open, sent (the SAM has it, or may have), done
    Column("expires", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("sent_with", LargeBinary(1023)),  # the passkey that approved
)
Index("changes_sent", changes.c.state, changes.c.sent_at)
renewals = Table(
    "renewals",
    metadata,
    Column("credential_id", String(22), primary_key=True),  # of the key that will be
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("renews", ForeignKey("credentials.credential_id"), nullable=False),
    Column("key_algorithm", String(10), nullable=False),
    Column("state", String(10), nullable=False),  # open, done, over (the SAM has forgotten the key)
    Column("tries", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
)
Index("renewals_open", renewals.c.state, renewals.c.next_try)
dismissals = Table(
    "dismissals",
    metadata,
    Column("credential_id", ForeignKey("credentials.credential_id"), primary_key=True),
    Column("passkey_id", LargeBinary(1023), primary_key=True),
)
events = Table(
    "events",
    metadata,
    Column("id", String(22), primary_key=True),  # of the change, where there was one
    Column("user_id", ForeignKey("signers.user_id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("credential_id", String(22)),
    Column("device", String(100)),
    Column("new_name", String(100)),
    Column("by_device", String(100)),
    Column("cause", String(10)),
    Column("until", BigInteger),
    Column("application", String(100)),
)
Index("events_of_signer", events.c.user_id, events.c.at)
second_ways = Table(
    "second_ways",
    metadata,
    Column("enrollment_id", String(22), primary_key=True),
    Column("put_off_at", BigInteger, nullable=False),  # the signer wants to choose a second way to approve later
)
receipts = Table(
    "receipts",
    metadata,
    Column("credential_id", ForeignKey("credentials.credential_id"), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),  # draft, asked, signed
    Column("authorization_id", ForeignKey("authorizations.id")),
    Column("original_bytes", Integer, nullable=False),
    Column("hole_start", Integer, nullable=False),
    Column("hole_end", Integer, nullable=False),
    Column("signed_attributes", LargeBinary, nullable=False),
    Column("sad", String(1000)),  # only while the key is being activated
    Column("composed", BigInteger, nullable=False),
    Column("signed_at", BigInteger),
    Column("pdf", LargeBinary, nullable=False),
)
Index("receipts_state", receipts.c.state)
acts = Table(
    "acts",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("who", String(500), nullable=False),
    Column("way", String(20), nullable=False),  # command line, socket, tls
    Column("act", String(40), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("outcome", String(10), nullable=False),  # begun, done, refused
)
recoveries = Table(
    "recoveries",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("enrollment_id", String(22), nullable=False, index=True),
    Column("created", BigInteger, nullable=False),
    Column("state", String(10), nullable=False, index=True),  # unused, sent, waiting, stopping, stopped, lapsed, done
    Column("id", String(22), unique=True),
    Column("transaction", LargeBinary),
    Column("registration", LargeBinary),
    Column("passkey_id", LargeBinary(1023), index=True),
    Column("public_key", LargeBinary),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("name", String(100), nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("ready_at", BigInteger, nullable=False),
    Column("stopped_by", String(100)),  # the device's name at that time
)
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("user_id", ForeignKey("signers.user_id"), nullable=False, index=True),
    Column("passkey_id", ForeignKey("passkeys.passkey_id"), nullable=False, index=True),
    Column("session_sha256", LargeBinary(32), nullable=False, index=True),
    Column("endpoint", String(1000), nullable=False, unique=True),
    Column("p256dh", LargeBinary(65), nullable=False),
    Column("auth", LargeBinary(16), nullable=False),
    Column("language", String(10), nullable=False),
    Column("agent", String(60), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_success", BigInteger, nullable=False),  # the push service took one; 0: none yet
    Column("last_seen", BigInteger, nullable=False),  # the device itself was heard of
    Column("refused", Integer, nullable=False),  # the HTTP status with which the push service refused us; 0: it does not
)
notices = Table(
    "notices",
    metadata,
    Column("id", String(22), primary_key=True),  # all that a push says
    Column("authorization_id", ForeignKey("authorizations.id"), nullable=False),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),  # due, sent, over (it was told that nothing is to do any more), failed
    Column("claimed_until", BigInteger, nullable=False),  # nobody else sends it before
    Column("attempts", Integer, nullable=False),
    Column("opened_at", BigInteger),
    UniqueConstraint("authorization_id", "subscription_id", name="notices_once"),
)
Index("notices_state", notices.c.state, notices.c.claimed_until)
event_pushes = Table(
    "event_pushes",
    metadata,
    Column("id", String(22), primary_key=True),  # all that a push says
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("claimed_until", BigInteger, nullable=False),  # nobody else sends it before
    Column("attempts", Integer, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)
openings = Table(
    "openings",
    metadata,
    Column("authorization_id", ForeignKey("authorizations.id"), primary_key=True),
    Column("token", String(22), nullable=False, unique=True),
    Column("key", String(43), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("code_needed", Boolean, nullable=False),
    Column("confidential", Boolean, nullable=False),
    Column("return_url", String),
    Column("last_second", Integer, nullable=False),  # -1: no code was used yet
    Column("browser_sha256", LargeBinary(32)),
    Column("way", String(4)),  # qr, here
    Column("asked_sha256", LargeBinary(32), index=True),  # of the words in which it was asked
)
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String(22), primary_key=True),  # of what has ended: an authorization, or a response
    Column("authorization_id", ForeignKey("authorizations.id"), nullable=False),
    Column("body", String, nullable=False),
    Column("bearer", String),  # what the application wants to be shown, beside the signature
    Column("state", String(10), nullable=False),  # waiting (for a response), due (once the authorization is decided), done, failed
    Column("claimed_until", BigInteger, nullable=False),  # not tried before
    Column("tried_until", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
)
Index("callbacks_due", callbacks.c.state, callbacks.c.claimed_until)
agreements = Table(
    "agreements",
    metadata,
    Column("user_id", ForeignKey("signers.user_id"), primary_key=True),
    Column("application_id", ForeignKey("applications.client_id"), primary_key=True),
    Column("state", String(10), nullable=False),  # agreed, ended
    Column("by", String(10), nullable=False),  # signer, operator
    Column("since", BigInteger, nullable=False),
)
grants = Table(
    "grants",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("client_id", String(22), nullable=False, index=True),
    Column("kind", String(4), nullable=False),  # code, ciba
    Column("scope", String(10), nullable=False),  # service, credential
    Column("state", String(10), nullable=False),  # pushed, asked, agreed, refused, coded, given, over
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("user_id", String(64), index=True),
    Column("session_sha256", LargeBinary(32)),  # of the browser that brought the request, and takes the answer back
    Column("authorization_id", String(22), unique=True),
    Column("code_sha256", LargeBinary(32), unique=True),
    Column("token_sha256", LargeBinary(32), unique=True),  # of a credential token
    Column("refresh_sha256", LargeBinary(32), unique=True),
    Column("jkt", String(43)),
    Column("x5t", String(43)),
)
Index("grants_expiring", grants.c.expires)
