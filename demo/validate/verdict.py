"""What a validator says of a signed PDF: accepted or not, and findings in words, Japanese and English."""

from dataclasses import dataclass
from enum import Enum

from demo.validate.facts import Facts


class Weight(Enum):
    """What a finding means for the verdict: it speaks for the signature, against it, or neither."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One sentence of a validator, in both languages."""

    weight: Weight
    ja: str
    en: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of one validator; `accepted` only if every signature in the file is valid and by a trusted certificate."""

    validator: str
    accepted: bool
    findings: tuple[Finding, ...]
    signatures: tuple[Facts, ...] = ()
    """What this validator knows of each signature, the oldest first."""


def conclude(validator: str, findings: list[Finding], signatures: tuple[Facts, ...] = ()) -> Verdict:
    """Sum up: accepted when something speaks for the file and nothing against it."""
    weights = {finding.weight for finding in findings}
    return Verdict(validator, Weight.GOOD in weights and Weight.BAD not in weights, tuple(findings), signatures)


def good(ja: str, en: str) -> Finding:
    return Finding(Weight.GOOD, ja, en)


def note(ja: str, en: str) -> Finding:
    return Finding(Weight.NOTE, ja, en)


def bad(ja: str, en: str) -> Finding:
    return Finding(Weight.BAD, ja, en)


class ValidationImpossible(Exception):
    """A validator could not do its work, so there is no verdict; the text says what to do."""
