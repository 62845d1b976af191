"""Two independent opinions of a signed PDF, in words: pyHanko and poppler's `pdfsig`. Neither asks the service that made the signature."""

from demo.validate.authority import Authority, ask_authority
from demo.validate.facts import Facts, Timestamp
from demo.validate.verdict import Finding, ValidationImpossible, Verdict, Weight
from demo.validate.with_pdfsig import validate_with_pdfsig
from demo.validate.with_pyhanko import validate_with_pyhanko

__all__ = [
    "Authority",
    "Facts",
    "Finding",
    "Timestamp",
    "ValidationImpossible",
    "Verdict",
    "Weight",
    "ask_authority",
    "validate_with_pdfsig",
    "validate_with_pyhanko",
]
