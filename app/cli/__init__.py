"""The operator's command line, `natsuin`."""
