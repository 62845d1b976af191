"""The applications' door: the CSC API v2, one file per resource of the specification."""
