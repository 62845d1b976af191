"""Access tokens for applications: OAuth 2.0 client credentials (RFC 6749 §4.4) and revocation (RFC 7009)."""
