#!/usr/bin/env python3
"""The row and batch order of the PyTorch peer `torch_step.py`, as positions; no text is read.

Shuffling a list of positions takes the same random numbers as shuffling what stands there, so three
permutations say all: which generated rows are used, in which order they come, and in which order
the batches come. The caller groups rows into batches (the length-grouped way needs token lengths).

    python3 scripts/bench/batch-order.py ROWS_IN_FILE [ROWS_USED] [BATCH_SIZE]
"""
import json
import random
import sys


def shuffled(count: int, seed: int) -> list[int]:
    positions = list(range(count))
    random.Random(seed).shuffle(positions)
    return positions


def main() -> None:
    available, used, size = (int(word) for word in (sys.argv[1:] + ["3000", "32"])[:3])
    rows = shuffled(available, 0)[:used]
    batches = len(range(0, len(rows) - size + 1, size))
    print(json.dumps(dict(rows=rows, order=shuffled(len(rows), 1), batches=shuffled(batches, 2))))


if __name__ == "__main__":
    main()
