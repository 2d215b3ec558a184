"""Finding texts that may be the same among many, without looking at all of them. Pure.

MinHash over pairs of words, in bands (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", chapter 3). Whether two that meet tell the same is for `domain.sameness` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rensa import RMinHash

from worker.domain.sameness import LEAST

# With a twentieth of the words replaced, 82 of 100 pairs of words are common. Three equal
# numbers in one of eight bands: such texts meet with a probability of 0.998, and texts of which
# 5 pairs in 100 are common with one of 0.001.
_BANDS = 8
_ROWS = 3
_SEED = 20


def bands(title: str, text: str) -> tuple[int, ...]:
    """Numbers of 64 bits with a sign, of which texts that are alike share at least one.

    Empty for a text that says too little to be recognised by.
    """
    words = f"{title} {text}".casefold().split()
    if len(words) < LEAST:
        return ()
    sketch = RMinHash(num_perm=_BANDS * _ROWS, seed=_SEED)
    sketch.update([f"{one} {other}" for one, other in pairwise(words)])
    numbers = sketch.digest()
    return tuple(_mixed(band, numbers[band * _ROWS : (band + 1) * _ROWS]) for band in range(_BANDS))


def _mixed(band: int, rows: Sequence[int]) -> int:
    mixed = band + 1
    for number in rows:
        mixed = (mixed * 0x9E3779B97F4A7C15 + number) & 0xFFFF_FFFF_FFFF_FFFF
        mixed ^= mixed >> 29
    return mixed - 2**64 if mixed >= 2**63 else mixed
