"""The first tables of the authorization server."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("client_id", sa.String(22), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("secret_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("asks_code", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("moving_code", sa.Boolean, nullable=False),
        sa.Column("return_urls", sa.String, nullable=False),
        sa.Column("inbox", sa.Boolean, nullable=False),
        sa.Column("callback_url", sa.String),
        sa.Column("callback_secret", sa.String(60)),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("for_all", sa.Boolean, nullable=False),
        sa.Column("auth", sa.String(20), nullable=False),
        sa.Column("jwks", sa.String, nullable=False),
        sa.Column("certificate_sha256", sa.LargeBinary(32)),
        sa.Column("redirect_uris", sa.String, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("client_id", sa.String(22), sa.ForeignKey("applications.client_id"), primary_key=True),
        sa.Column("png", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "signers",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(64), nullable=False, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(20)),
        sa.Column("quiet_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("link_sha256", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("transaction", sa.LargeBinary),
        sa.Column("registration", sa.LargeBinary),
        sa.Column("replaces_as", sa.String(22)),
        sa.Column("application", sa.String(4)),
    )
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.String(22), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False, index=True),
        sa.Column("key_algorithm", sa.String(10), nullable=False),
        sa.Column("factors", sa.String(20), nullable=False),
        sa.Column("certificates", sa.LargeBinary, nullable=False),
        sa.Column("certificate_sha256", sa.String(64), nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("not_after", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("frozen_until", sa.BigInteger, nullable=False),
        sa.Column("frozen_by", sa.String(10)),
        sa.Column("freeze_owed", sa.Boolean, nullable=False),
        sa.Column("renewed_by", sa.String(22)),
        sa.Column("reminded", sa.Integer),
        sa.Column("not_me_at", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "passkeys",
        sa.Column("passkey_id", sa.LargeBinary(1023), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False, index=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_used", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "authorizations",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("application_id", sa.String(22), nullable=False),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False),
        sa.Column("credential_id", sa.String(22), sa.ForeignKey("credentials.credential_id"), nullable=False),
        sa.Column("transaction", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("code", sa.String(6)),
        sa.Column("code_tries", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("usable_until", sa.BigInteger),
        sa.Column("approved_with", sa.String(100)),
        sa.Column("factor", sa.String(10)),
        sa.Column("told", sa.String(10)),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("opened_at", sa.BigInteger),
        sa.Column("later_at", sa.BigInteger),
    )
    op.create_index("authorizations_of_signer", "authorizations", ["user_id", "state"])
    op.create_index("authorizations_open", "authorizations", ["state", "expires"])
    op.create_index("authorizations_told", "authorizations", ["user_id", "told_at"])
    op.create_index("authorizations_of_application", "authorizations", ["application_id", "created"])
    op.create_index("authorizations_history", "authorizations", ["user_id", "created"])
    op.create_table(
        "documents",
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "preparations",
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("application_id", sa.String(22), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("keep_until", sa.BigInteger, nullable=False, index=True),
        sa.Column("grant_id", sa.String(22)),
    )
    op.create_index("responses_working", "responses", ["state", "claimed_until"])
    op.create_table(
        "additions",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("link_sha256", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("transaction", sa.LargeBinary),
        sa.Column("registration", sa.LargeBinary),
        sa.Column("passkey_id", sa.LargeBinary(1023)),
        sa.Column("public_key", sa.LargeBinary),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("transaction", sa.LargeBinary, nullable=False),
        sa.Column("addition_id", sa.String(22), sa.ForeignKey("additions.id")),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.Column("sent_with", sa.LargeBinary(1023)),
    )
    op.create_index("changes_sent", "changes", ["state", "sent_at"])
    op.create_table(
        "renewals",
        sa.Column("credential_id", sa.String(22), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("renews", sa.String(22), sa.ForeignKey("credentials.credential_id"), nullable=False),
        sa.Column("key_algorithm", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
    )
    op.create_index("renewals_open", "renewals", ["state", "next_try"])
    op.create_table(
        "dismissals",
        sa.Column("credential_id", sa.String(22), sa.ForeignKey("credentials.credential_id"), primary_key=True),
        sa.Column("passkey_id", sa.LargeBinary(1023), primary_key=True),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("credential_id", sa.String(22)),
        sa.Column("device", sa.String(100)),
        sa.Column("new_name", sa.String(100)),
        sa.Column("by_device", sa.String(100)),
        sa.Column("cause", sa.String(10)),
        sa.Column("until", sa.BigInteger),
        sa.Column("application", sa.String(100)),
    )
    op.create_index("events_of_signer", "events", ["user_id", "at"])
    op.create_table(
        "second_ways",
        sa.Column("enrollment_id", sa.String(22), primary_key=True),
        sa.Column("put_off_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "receipts",
        sa.Column("credential_id", sa.String(22), sa.ForeignKey("credentials.credential_id"), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id")),
        sa.Column("original_bytes", sa.Integer, nullable=False),
        sa.Column("hole_start", sa.Integer, nullable=False),
        sa.Column("hole_end", sa.Integer, nullable=False),
        sa.Column("signed_attributes", sa.LargeBinary, nullable=False),
        sa.Column("sad", sa.String(1000)),
        sa.Column("composed", sa.BigInteger, nullable=False),
        sa.Column("signed_at", sa.BigInteger),
        sa.Column("pdf", sa.LargeBinary, nullable=False),
    )
    op.create_index("receipts_state", "receipts", ["state"])
    op.create_table(
        "acts",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
        sa.Column("who", sa.String(500), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
    )
    op.create_table(
        "recoveries",
        sa.Column("code_sha256", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False, index=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("id", sa.String(22), unique=True),
        sa.Column("transaction", sa.LargeBinary),
        sa.Column("registration", sa.LargeBinary),
        sa.Column("passkey_id", sa.LargeBinary(1023), index=True),
        sa.Column("public_key", sa.LargeBinary),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ready_at", sa.BigInteger, nullable=False),
        sa.Column("stopped_by", sa.String(100)),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), nullable=False, index=True),
        sa.Column("passkey_id", sa.LargeBinary(1023), sa.ForeignKey("passkeys.passkey_id"), nullable=False, index=True),
        sa.Column("session_sha256", sa.LargeBinary(32), nullable=False, index=True),
        sa.Column("endpoint", sa.String(1000), nullable=False, unique=True),
        sa.Column("p256dh", sa.LargeBinary(65), nullable=False),
        sa.Column("auth", sa.LargeBinary(16), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("agent", sa.String(60), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_success", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id"), nullable=False),
        sa.Column("subscription_id", sa.String(22), sa.ForeignKey("subscriptions.id"), nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger),
        sa.UniqueConstraint("authorization_id", "subscription_id", name="notices_once"),
    )
    op.create_index("notices_state", "notices", ["state", "claimed_until"])
    op.create_table(
        "event_pushes",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("subscription_id", sa.String(22), sa.ForeignKey("subscriptions.id"), nullable=False, index=True),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "openings",
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id"), primary_key=True),
        sa.Column("token", sa.String(22), nullable=False, unique=True),
        sa.Column("key", sa.String(43), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("code_needed", sa.Boolean, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("return_url", sa.String),
        sa.Column("last_second", sa.Integer, nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary(32)),
        sa.Column("way", sa.String(4)),
        sa.Column("asked_sha256", sa.LargeBinary(32)),
    )
    op.create_index("ix_openings_asked_sha256", "openings", ["asked_sha256"])
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("authorization_id", sa.String(22), sa.ForeignKey("authorizations.id"), nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("bearer", sa.String),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("tried_until", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("callbacks_due", "callbacks", ["state", "claimed_until"])
    op.create_table(
        "agreements",
        sa.Column("user_id", sa.String(64), sa.ForeignKey("signers.user_id"), primary_key=True),
        sa.Column("application_id", sa.String(22), sa.ForeignKey("applications.client_id"), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("client_id", sa.String(22), nullable=False, index=True),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.String(64), index=True),
        sa.Column("session_sha256", sa.LargeBinary(32)),
        sa.Column("authorization_id", sa.String(22), unique=True),
        sa.Column("code_sha256", sa.LargeBinary(32), unique=True),
        sa.Column("token_sha256", sa.LargeBinary(32), unique=True),
        sa.Column("refresh_sha256", sa.LargeBinary(32), unique=True),
        sa.Column("jkt", sa.String(43)),
        sa.Column("x5t", sa.String(43)),
    )
    op.create_index("grants_expiring", "grants", ["expires"])
