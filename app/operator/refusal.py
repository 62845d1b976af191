"""How an operator's act is refused: in a sentence that says why, and what to do."""


class Refusal(Exception):
    """What was asked can't be done; the text says why, and what to do."""


class Unknown(Refusal):
    """There is nothing of this name."""
