#!/usr/bin/env python3
"""Writes packages/data/golden/benchmarks.json: what Python makes of the published benchmark files.

Run from the top of the repository (Python 3.9 or later, nothing else; no texts are written):

    COUNTERWEIGHT_ASSETS=... python3 scripts/golden/benchmarks.py

By file (or split): rows, rows by class, distinct texts, and a SHA-256 over trimmed texts and labels,
one compact JSON list a line. `--check` compares with the file that is there instead of writing it.
"""

import argparse
import csv
import hashlib
import json
import os
import pathlib
import sys

TARGET = pathlib.Path(__file__).parents[2] / "packages/data/golden/benchmarks.json"
CLASSES = ["negative", "neutral", "positive"]
csv.field_size_limit(sys.maxsize)


def entry(rows, classes):
    """`rows` are tuples of texts with the class index last."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return {
        "rows": len(rows),
        "classes": [sum(row[-1] == k for row in rows) for k in range(classes)],
        "distinctTexts": len({row[:-1] for row in rows}),
        "sha256": hashlib.sha256("".join(lines).encode("utf-8")).hexdigest(),
    }


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mrpc(folder):
    def pairs(name):
        lines = (folder / "real" / name).read_text(encoding="utf-8-sig").split("\n")
        return [line.split("\t") for line in lines[1:] if line]

    train, test = pairs("msr_paraphrase_train.txt"), pairs("msr_paraphrase_test.txt")
    lines = (folder / "real" / "dev_ids.tsv").read_text(encoding="utf-8").split("\n")
    dev = {tuple(line.split("\t")) for line in lines if line}

    def rows(records):
        return [(r[3].strip(), r[4].strip(), int(r[0])) for r in records]

    result = {
        "mrpc/msr_paraphrase_train.txt": entry(rows(train), 2),
        "mrpc/real/train": entry(rows([r for r in train if (r[1], r[2]) not in dev]), 2),
        "mrpc/real/validation": entry(rows([r for r in train if (r[1], r[2]) in dev]), 2),
        "mrpc/real/test": entry(rows(test), 2),
    }
    for name in ("ctrl_zero-shot", "ctrl_few-shot"):
        source = json.loads((folder / "generated" / f"{name}.json").read_text(encoding="utf-8"))
        made = [(r["text1"].strip(), r["text2"].strip(), int(r["label"])) for r in source]
        result[f"mrpc/generated/{name}"] = entry(made, 2)
    return result


def normalised(text):
    spaced = "".join(c if c.isalnum() else " " for c in text.lower())
    return " ".join(spaced.split())


def financial_phrasebank(folder):
    result = {}
    real = {}
    for name, file in (("50", "50"), ("66", "66"), ("75", "75"), ("all", "All")):
        content = (folder / "real" / f"Sentences_{file}Agree.txt").read_bytes().decode("latin-1")
        split = [line.rpartition("@") for line in content.split("\r\n") if line]
        real[name] = [(text.strip(), CLASSES.index(label)) for text, _, label in split]
        result[f"financial-phrasebank/real/{name}"] = entry(real[name], 3)
    name = "gpt-4o_few-shot"
    rows = read_csv(folder / "generated" / f"{name}.csv")
    made = [(r["sentence"].strip(), int(r["label"]) - 1) for r in rows]
    result[f"financial-phrasebank/generated/{name}"] = entry(made, 3)
    name = "llama-3.2-1b_zero-shot"
    rows = read_csv(folder / "generated" / f"{name}.csv")
    made = [(r["input"].strip(), CLASSES.index(r["output"])) for r in rows]
    result[f"financial-phrasebank/generated/{name}"] = entry(made, 3)
    labelled = set()
    for part in ("train", "test"):
        rows = read_csv(folder / "llm-labelled" / f"mixtral_{part}.csv")
        labelled |= {normalised(r["text"]) for r in rows}
        for column in ("label_llm", "label_llm_cot", "label_llm_cot_multiple", "label_experts"):
            made = [(r["text"].strip(), CLASSES.index(r[column])) for r in rows]
            result[f"financial-phrasebank/mixtral_{part}/{column}"] = entry(made, 3)
    for name, rows in real.items():
        rest = [row for row in rows if normalised(row[0]) not in labelled]
        if rest:
            result[f"financial-phrasebank/beside-mixtral/{name}"] = entry(rest, 3)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    assets = os.environ.get("COUNTERWEIGHT_ASSETS")
    if not assets:
        raise SystemExit("set COUNTERWEIGHT_ASSETS to the folder that holds data/")
    data = pathlib.Path(assets) / "data"
    made = {**mrpc(data / "mrpc"), **financial_phrasebank(data / "financial-phrasebank")}
    if not check:
        TARGET.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    elif json.loads(TARGET.read_text(encoding="utf-8")) != made:
        raise SystemExit(f"{TARGET} differs from what this script makes")
    print(f"{'checked' if check else 'wrote'} {len(made)} entries")


if __name__ == "__main__":
    main()
