"""What can stop the demo: one exception, whose text says what to do."""


class DemoFailed(Exception):
    """The demo can't go on; the text says why and what to do."""
