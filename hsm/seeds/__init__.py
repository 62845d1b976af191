"""The seeds of one-time-password tokens, as their makers deliver them: PSKC (RFC 6030) or CSV. Read strictly, all of them or none."""
