"""Makes packages/trainer/golden/philox.json: words of Philox4x32-7 for the dropout generator.

The generator below is first held against the known answers that Random123 publishes for 7 and 10
rounds (tests/kat_vectors of github.com/DEShawResearch/random123).

Run from the repository root: python3 scripts/golden/philox.py  (needs Python alone)
"""

import json
from pathlib import Path

MASK = 2**32 - 1


def philox(counter, key, rounds):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return [c0, c1, c2, c3]


def words(text):
    return [int(word, 16) for word in text.split()]


PI = ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0")
ONES = (" ".join(["ffffffff"] * 4), " ".join(["ffffffff"] * 2))
ZEROS = (" ".join(["00000000"] * 4), " ".join(["00000000"] * 2))
KNOWN = [
    (7, ZEROS, "5f6fb709 0d893f64 4f121f81 4f730a48"),
    (7, ONES, "5207ddc2 45165e59 4d8ee751 8c52f662"),
    (7, PI, "4dfccaba 190a87f0 c47362ba b6b5242a"),
    (10, ZEROS, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (10, ONES, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (10, PI, "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
for rounds, (counter, key), expected in KNOWN:
    assert philox(words(counter), words(key), rounds) == words(expected), (rounds, counter)

# Counters as dropout masks use them: (block, site, step, 0), the key being the seed's 53 bits.
KEYS = [(0, 0, 0), (1, 2, 3), (2**53 - 1, 2**32 - 1, 2**32 - 1), (0x1234567890ABC, 17, 4242)]
masks = [
    dict(
        seed=seed,
        site=site,
        step=step,
        blocks=[philox([b, site, step, 0], [seed & MASK, seed >> 32], 7) for b in range(12)],
    )
    for seed, site, step in KEYS
]
published = [
    dict(counter=words(counter), key=words(key), words=words(expected))
    for rounds, (counter, key), expected in KNOWN
    if rounds == 7
]
path = Path(__file__).parents[2] / "packages/trainer/golden/philox.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(dict(published=published, masks=masks), separators=(",", ":")) + "\n")
