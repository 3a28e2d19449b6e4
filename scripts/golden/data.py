#!/usr/bin/env python3
"""Writes packages/data/golden/: what Python's own readers make of the same files.

Run from the top of the repository (needs Python 3.9 or later and scipy; no texts are written):

    COUNTERWEIGHT_ASSETS=... python3 scripts/golden/data.py

- tweet-irony.json: rows, rows by class, and a digest of trimmed texts and labels of each real split
  and generated source. Needs COUNTERWEIGHT_ASSETS; left as it is without.
- csv.json: delimited texts and the rows that Python's csv module reads from them.
- focal.json: minima of the focal risk on the simplex, found by SciPy.
`--check` compares with the files that are there instead of writing them.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import pathlib
import random

import numpy as np
from scipy.optimize import minimize

TARGET = pathlib.Path(__file__).parents[2] / "packages/data/golden"


def digest(rows):
    """SHA-256 over one compact JSON pair a line."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def entry(rows):
    boilerplate = "Sure, here are 10"
    return {
        "rows": len(rows),
        "classes": [sum(label == k for _, label in rows) for k in (0, 1)],
        "distinctTexts": len({text for text, _ in rows}),
        "sureHereAre10": sum(text.startswith(boilerplate) for text, _ in rows),
        "sha256": digest(rows),
    }


def tweet_irony(folder):
    result = {}
    for split, stem in (("train", "train"), ("validation", "val"), ("test", "test")):
        texts = (folder / "real" / f"{stem}_text.txt").read_text(encoding="utf-8").split("\n")
        labels = (folder / "real" / f"{stem}_labels.txt").read_text().split("\n")
        rows = [(t.strip(), int(y)) for t, y in zip(texts, labels) if y.strip()]
        result[f"real/{split}"] = entry(rows)
    for name in ("gpt-3.5-turbo_few-shot", "gpt-3.5-turbo_zero-shot"):
        source = json.loads((folder / "generated" / f"{name}.json").read_text(encoding="utf-8"))
        rows = [(r["augmented_text"].strip(), int(r["labels"] == "sarcastic")) for r in source]
        result[f"generated/{name}"] = entry(rows)
    name = "gpt-4.1-mini"
    with open(folder / "generated" / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = [(r["text"].strip(), int(r["label"] == "sarcastic")) for r in csv.DictReader(file)]
    result[f"generated/{name}"] = entry(rows)
    return result


def csv_cases():
    """Random files by Python's csv writer, read back by its reader."""
    rng = random.Random(0)
    pieces = ['"', '""', ",", "\t", ";", "\n", " ", "a", "null", "NA", "1", "\u00e9", "\U0001f600", "'", "\\", "#"]
    cases = []
    for number in range(60):
        delimiter = ",\t;"[number % 3]
        line_end = "\r\n" if number % 2 else "\n"
        rows = [["text", "label", "other"]]
        for row in range(rng.randint(2, 6)):
            text = "x" + "".join(rng.choice(pieces) for _ in range(rng.randint(0, 8))) + "x"
            other = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 4)))
            rows.append([text, "ab"[row % 2], other])
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=delimiter, lineterminator=line_end).writerows(rows)
        content = buffer.getvalue()
        back = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
        assert back == rows
        cases.append({"delimiter": delimiter, "content": content, "rows": back[1:]})
    return cases


def focal_cases():
    """min over logits z of -sum q (1 - p)^gamma log p, p = softmax(z): convex in p, so one minimum."""
    rng = np.random.default_rng(0)
    cases = []
    for gamma in (0.5, 1.0, 2.0, 5.0):
        for classes in (2, 3, 5):
            for _ in range(3):
                q = rng.dirichlet(np.ones(classes))

                def risk(z):
                    p = np.exp(z - np.logaddexp.reduce(z))
                    return -np.sum(q * (1 - p) ** gamma * np.log(p))

                best = minimize(risk, np.log(q), method="BFGS", options={"gtol": 1e-9})
                p = np.exp(best.x - np.logaddexp.reduce(best.x))
                cases.append({"gamma": gamma, "q": q.tolist(), "p": [round(float(v), 7) for v in p]})
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    made = {"csv.json": csv_cases(), "focal.json": focal_cases()}
    assets = os.environ.get("COUNTERWEIGHT_ASSETS")
    if assets:
        made["tweet-irony.json"] = tweet_irony(pathlib.Path(assets) / "data/tweet-irony")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, value in made.items():
        path = TARGET / name
        if not check:
            path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
            continue
        old = json.loads(path.read_text(encoding="utf-8"))
        if name == "focal.json":  # the last digits depend on SciPy's version
            same = all(np.allclose(a["p"], b["p"], atol=2e-6) for a, b in zip(old, value, strict=True))
        else:
            same = old == value
        if not same:
            raise SystemExit(f"{path} differs from what this script makes")
    print(f"{'checked' if check else 'wrote'} {', '.join(made)}")


if __name__ == "__main__":
    main()
