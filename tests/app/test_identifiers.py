"""The ids that people and programs copy from place to place."""

import msgspec

from app.domain.identifiers import new_id
from hsm.messages import Id

DRAWS = 3_000


def test_no_id_looks_like_an_option_of_a_command_line() -> None:
    assert not [drawn for drawn in (new_id() for _ in range(DRAWS)) if drawn.startswith("-")]


def test_ids_are_what_the_sam_takes_and_never_the_same() -> None:
    drawn = {new_id() for _ in range(DRAWS)}
    assert len(drawn) == DRAWS
    assert msgspec.convert(sorted(drawn), list[Id])
