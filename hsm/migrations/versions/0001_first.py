"""The first tables of the SAM."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("passkey_id", sa.LargeBinary(1023), primary_key=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(64), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backup_eligible", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.String(22), primary_key=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("key_algorithm", sa.String(10), nullable=False),
        sa.Column("enrollment_sha256", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("factors", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("public_key", sa.LargeBinary),
        sa.Column("csr", sa.LargeBinary),
        sa.Column("certificate", sa.LargeBinary),
        sa.Column("issuer_certificate", sa.LargeBinary),
        sa.Column("frozen_until", sa.BigInteger, nullable=False),
        sa.Column("certify_by", sa.BigInteger, nullable=False),
        sa.Column("renews", sa.String(22)),
        sa.Column("renewed_by", sa.String(22)),
        sa.Column("replaced_by", sa.String(22)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.String(22), primary_key=True),
        sa.Column("enrollment_id", sa.String(22), index=True),
        sa.Column("serial", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("algorithm", sa.String(6), nullable=False),
        sa.Column("digits", sa.Integer, nullable=False),
        sa.Column("period_s", sa.Integer, nullable=False),
        sa.Column("suite", sa.String(40)),
        sa.Column("seed", sa.LargeBinary, nullable=False),
        sa.Column("drift", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.Column("usable_from", sa.BigInteger),
        sa.Column("usable_until", sa.BigInteger),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "pins",
        sa.Column("enrollment_id", sa.String(22), primary_key=True),
        sa.Column("verifier", sa.LargeBinary),
        sa.Column("wrong", sa.String(300), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "recovery_sets",
        sa.Column("enrollment_id", sa.String(22), primary_key=True),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(64), nullable=False),
        sa.Column("codes", sa.LargeBinary, nullable=False),
        sa.Column("tried_from", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "recoveries",
        sa.Column("recovery_id", sa.String(22), primary_key=True),
        sa.Column("enrollment_id", sa.String(22), nullable=False),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(64), nullable=False),
        sa.Column("passkey_id", sa.LargeBinary(1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backup_eligible", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ready_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "approvals",
        sa.Column("authorization_id", sa.String(22), primary_key=True),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("transaction", sa.LargeBinary, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("usable_until", sa.BigInteger, nullable=False),
        sa.Column("factor", sa.String(10)),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "activations",
        sa.Column("authorization_id", sa.String(22), primary_key=True),
        sa.Column("request_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("idempotency_sha256", sa.LargeBinary(32)),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("signatures", sa.LargeBinary),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "journal",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary(32), nullable=False),
    )
