"""The push process: tells the browsers of signers what waits for them, and what does not any more."""
