#!/usr/bin/env python3
"""Writes packages/data/golden/split-guard.json: what brute force says of the split guard's work.

Run from the top of the repository (needs Python 3.9 or later, numpy and scipy):

    COUNTERWEIGHT_ASSETS=... python3 scripts/golden/split-guard.py

- normalised: texts of many scripts and their normalised forms.
- texts, pairs: seeded texts of made-up words, edited copies among them, and every pair whose exact
  Jaccard similarity of 5-character shingles is 0.6 or more, by plain Python sets.
- published: for published files, distinct texts (exact and normalised), and, over all pairs of
  distinct normalised texts, pairs and texts at similarity 0.8 or more. Counts alone, no texts.
  Needs COUNTERWEIGHT_ASSETS; left as it is without.
`--check` compares with the file that is there instead of writing it.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import unicodedata

import numpy as np
import scipy.sparse

TARGET = pathlib.Path(__file__).parents[2] / "packages/data/golden/split-guard.json"

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt.
IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]


def ignorable(character):
    return any(low <= ord(character) <= high for low, high in IGNORABLE)


def normalise(text):
    folded = unicodedata.normalize("NFKC", text).lower().replace("ς", "σ")
    category = unicodedata.category
    kept = [c for c in folded if not ignorable(c) and (category(c)[0] in "LN" or category(c) in ("Mn", "Mc"))]
    return "".join(kept) if any(category(c)[0] in "LN" for c in kept) else text


def shingles(text):
    return {text[start : start + 5] for start in range(len(text) - 4)}


def jaccard(left, right):
    return len(left & right) / len(left | right) if left or right else 0.0


SAMPLES = [
    "Hello, World!", "HELLO   world", "Ｆｕｌｌ ｗｉｄｔｈ １２", "ﬁnancial", "don't", "naïve café", "nai\u0308ve CAFE\u0301",
    "ΟΔΟΣ", "οδός", "İstanbul", "straße", "Привет, мир!", "我喜欢星期一。", "私は月曜日が好き！", "나는 월요일이 좋아",
    "मुझे सोमवार पसंद है", "ฉันชอบวันจันทร์", "أحب يوم الاثنين", "\u0627\u064e\u0628", "x²+½", "❤\ufe0f", "1\ufe0f\u20e3", "👩\u200d🔬 works",
    "!!!", "???", "😂😂", "soft\u00adhyphen", "zero\u200bwidth", "𝔘nicode", "_a_b_", "ⅷ", "\u3164",
]


def made_up():
    rng = random.Random(4)
    words = ["".join(rng.choice("abcdefghijklmnoprstuvwy") for _ in range(rng.randint(2, 9))) for _ in range(600)]
    texts = []
    for number in range(700):
        earlier = rng.choice(texts).split(" ") if texts else []
        way = rng.random()
        if way < 0.5 or not earlier:
            texts.append(" ".join(rng.choice(words) for _ in range(rng.randint(1, 40))))
        elif way < 0.6:
            texts.append(" ".join(earlier))
        elif way < 0.7:
            texts.append(" ".join(word.upper() if rng.random() < 0.5 else word for word in earlier) + rng.choice("!.?"))
        else:
            for _ in range(rng.randint(1, 3)):
                place = rng.randrange(len(earlier))
                edit = rng.choice(("replace", "insert", "drop", "swap"))
                if edit == "replace":
                    earlier[place] = rng.choice(words)
                elif edit == "insert":
                    earlier.insert(place, rng.choice(words))
                elif edit == "drop" and len(earlier) > 1:
                    del earlier[place]
                elif edit == "swap":
                    other = rng.randrange(len(earlier))
                    earlier[place], earlier[other] = earlier[other], earlier[place]
            texts.append(" ".join(earlier))
    forms = sorted({normalise(text) for text in texts})
    sets = [shingles(form) for form in forms]
    pairs = []
    for (one, left), (other, right) in itertools.combinations(enumerate(sets), 2):
        similarity = jaccard(left, right)
        if similarity >= 0.6:
            pairs.append([texts.index(first(texts, forms[one])), texts.index(first(texts, forms[other])), similarity])
    return texts, sorted(sorted(pair[:2]) + pair[2:] for pair in pairs)


def first(texts, form):
    return next(text for text in texts if normalise(text) == form)


def counted(texts, threshold=0.8):
    """All pairs at once: shared shingles are the product of the shingle matrix with itself."""
    forms = sorted({normalise(text) for text in texts})
    sets = [shingles(form) for form in forms]
    numbers = {}
    columns = [numbers.setdefault(shingle, len(numbers)) for each in sets for shingle in sorted(each)]
    sizes = np.array([len(each) for each in sets])
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(columns), np.int32), columns, np.concatenate([[0], np.cumsum(sizes)])),
        shape=(len(sets), len(numbers)),
    )
    transposed = matrix.T.tocsc()
    pairs, partnered = 0, set()
    for start in range(0, len(sets), 500):
        shared = (matrix[start : start + 500] @ transposed).tocoo()
        rows = shared.row + start
        similarity = shared.data / (sizes[rows] + sizes[shared.col] - shared.data)
        hit = (similarity >= threshold) & (rows < shared.col)
        pairs += int(hit.sum())
        partnered.update(rows[hit].tolist())
        partnered.update(shared.col[hit].tolist())
    return {
        "rows": len(texts), "exact": len(set(texts)), "normalised": len(forms),
        "nearPairs": pairs, "nearTexts": len(partnered),
    }


def published(assets):
    irony = assets / "data/tweet-irony/generated"
    result = {}
    for name in ("gpt-3.5-turbo_zero-shot", "gpt-3.5-turbo_few-shot"):
        rows = json.loads((irony / f"{name}.json").read_text(encoding="utf-8"))
        result[name] = counted([row["augmented_text"].strip() for row in rows])
    bank = assets / "data/financial-phrasebank"
    lines = (bank / "real/Sentences_50Agree.txt").read_text(encoding="iso-8859-1").splitlines()
    result["Sentences_50Agree"] = counted([line.rpartition("@")[0].strip() for line in lines if line])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    known = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    texts, pairs = made_up()
    assets = os.environ.get("COUNTERWEIGHT_ASSETS")
    result = {
        "normalised": [[text, normalise(text)] for text in SAMPLES],
        "texts": texts,
        "pairs": pairs,
        "published": published(pathlib.Path(assets)) if assets else known.get("published", {}),
    }
    if check:
        assert result == known, f"{TARGET.name} differs"
        print("equal")
    else:
        TARGET.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{len(pairs)} pairs;", result["published"])


if __name__ == "__main__":
    main()
