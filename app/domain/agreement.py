"""Which applications may see a signer's certificates and ask for signatures: those that the signer, or the operator, agreed to."""

from msgspec import Struct


class Agreement(Struct, frozen=True, kw_only=True):
    """
    How one application stands with one signer; `since` is unix seconds, 0 where an operator registered it for everybody.

    `state` is agreed or ended; `by` is signer or operator.
    """

    application_id: str
    name: str
    state: str
    by: str
    since: int
