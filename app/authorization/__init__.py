"""The story of an authorization, one step per file; no HTTP here."""
