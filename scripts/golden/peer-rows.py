#!/usr/bin/env python3
"""Writes the row indices that a PyTorch peer with `random.Random(0).shuffle(rows)[:count]` uses.

Only indices are written, no text. They are positions (from 0) in the generated file of Tweet Irony,
in the order in which the peer sees the rows.

    python scripts/golden/peer-rows.py "$COUNTERWEIGHT_ASSETS" experiments/rows/tweet-irony-generated-1500.json
    python scripts/golden/peer-rows.py "$COUNTERWEIGHT_ASSETS" experiments/rows/tweet-irony-generated-1000.json 1000
    python scripts/golden/peer-rows.py "$COUNTERWEIGHT_ASSETS" experiments/rows/tweet-irony-generated-640.json 640
"""
import json
import pathlib
import random
import sys

SOURCE = "data/tweet-irony/generated/gpt-3.5-turbo_few-shot.json"


def main() -> None:
    assets, target = map(pathlib.Path, sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1500
    rows = len(json.loads((assets / SOURCE).read_text(encoding="utf-8")))
    # Shuffling a list of positions takes the same random numbers as shuffling the rows themselves.
    order = list(range(rows))
    random.Random(0).shuffle(order)
    target.write_text(json.dumps(order[:count]) + "\n", encoding="utf-8")
    print(f"{count} of {rows} rows in {target}")


if __name__ == "__main__":
    main()
