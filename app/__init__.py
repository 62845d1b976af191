"""The authorization server: it faces applications and phones, and can sign nothing itself."""
