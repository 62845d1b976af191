"""Frozen types and the state machine; imports nothing of ours but the wire to the SAM."""
