"""Golden numbers for packages/base: xoshiro128** streams seeded by SHA-256, written from
Blackman and Vigna's definition (https://prng.di.unimi.it/xoshiro128starstar.c).

Run from the repository root, standard library only:
    python3 scripts/golden/base.py
"""

import hashlib
import json
from pathlib import Path

MASK = 0xFFFFFFFF
KEYS = [["split", 0], ["split", 1], ["dropout", 7, "layer.0"], ["Zürich", -1.5], []]


def rotate_left(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & MASK


def xoshiro128_starstar(state: list[int], count: int) -> list[int]:
    state = list(state)
    values = []
    for _ in range(count):
        values.append(rotate_left((state[1] * 5) & MASK, 7) * 9 & MASK)
        shifted = (state[1] << 9) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotate_left(state[3], 11)
    return values


def stream(key: list, count: int) -> list[int]:
    text = json.dumps(key, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).digest()
    state = [int.from_bytes(digest[offset : offset + 4], "little") for offset in (0, 4, 8, 12)]
    return xoshiro128_starstar(state, count)


golden = {"streams": [{"key": key, "uint32": stream(key, 12)} for key in KEYS]}
path = Path("packages/base/golden/random.json")
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
