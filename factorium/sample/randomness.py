"""Independent random streams, one per part of the market.

A part draws from its own stream, so that a change in one part leaves the
others byte for byte as they were.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

FORMAT = 1  # raised when the same seed is meant to give another market


def stream(part: str, names: int, years: int, seed: int) -> np.random.Generator:
    """The random generator of one part of the market (names, years, seed)."""
    key = [FORMAT, crc32(part.encode()), names, years, seed]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
