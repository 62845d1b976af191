"""What an operator does, by the command line or by the API at a door of its own; each act is one function for both."""
