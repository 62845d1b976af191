"""
Inclusion proofs for the journal's tree (RFC 6962 §2.1.1), from little memory: the roots of complete blocks, and the newest leaves.

A proof of an older entry needs the leaves of its one block, which its caller reads again. It knows no entry, only hashes.
"""

import hashlib
from collections.abc import Callable

BLOCK = 256  # leaves; a power of two, so that a complete block is a subtree


class Tree:
    """Grows leaf by leaf: 32 bytes for every block, and for each leaf of the last one."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._tail: list[bytes] = []

    @property
    def size(self) -> int:
        return len(self._blocks) * BLOCK + len(self._tail)

    def add(self, leaf: bytes) -> None:
        """Take the hash of the next leaf."""
        self._tail.append(leaf)
        if len(self._tail) == BLOCK:
            self._blocks.append(Levels(self._tail).root)
            self._tail = []

    def frozen(self) -> "Frozen":
        """Give the tree as it is now."""
        return Frozen(list(self._blocks), list(self._tail))


class Frozen:
    """A tree that does not grow any more, and the proofs in it."""

    def __init__(self, blocks: list[bytes], tail: list[bytes]) -> None:
        self.size = len(blocks) * BLOCK + len(tail)
        self._tail = tail
        self._top = Levels(blocks + ([Levels(tail).root] if tail else []))
        self._complete = len(blocks)

    @property
    def root(self) -> bytes:
        return self._top.root

    def path(self, number: int, leaves_of: Callable[[int], list[bytes]]) -> list[bytes]:
        """Give the audit path of a leaf, from its sibling upwards; `leaves_of` gives the hashes of a block of leaves from a number on."""
        block, place = divmod(number, BLOCK)
        leaves = leaves_of(block * BLOCK) if block < self._complete else self._tail
        return Levels(leaves).path(place) + self._top.path(block)


class Levels:
    """A small tree with all its nodes; the last of an odd level goes up as it is, which is the tree of RFC 6962."""

    def __init__(self, leaves: list[bytes]) -> None:
        self._levels = [leaves]
        while len(level := self._levels[-1]) > 1:
            pairs = [hashlib.sha256(b"\x01" + level[place] + level[place + 1]).digest() for place in range(0, len(level) - 1, 2)]
            self._levels.append(pairs + level[len(pairs) * 2 :])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[-1] else hashlib.sha256(b"").digest()

    def path(self, place: int) -> list[bytes]:
        found = []
        for level in self._levels[:-1]:
            if place ^ 1 < len(level):
                found.append(level[place ^ 1])
            place >>= 1
        return found
