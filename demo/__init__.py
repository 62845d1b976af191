"""Independent programs around Natsuin: a relying application, a small CA and a phone without a screen; they use public interfaces only."""
