#!/usr/bin/env python3
"""Writes packages/graph/golden/erf.json: scipy's erfc at many points.

Run from the top of the repository (needs scipy):

    python3 scripts/golden/erf.py

`--check` compares with the file that is there instead of writing it.
"""

import argparse
import json
import pathlib

from scipy.special import erfc

TARGET = pathlib.Path(__file__).parents[2] / "packages/graph/golden/erf.json"


def points() -> list[float]:
    """A grid over the whole range of float64 results, both ends of it, and values near zero."""
    grid = [step / 16 for step in range(-16 * 7, 16 * 28)]
    tiny = [sign * 10.0**-power for power in (3, 8, 20, 300) for sign in (1, -1)]
    return sorted({*grid, *tiny, 0.0, -40.0, 40.0, 0.999, 1.001, 2.499, 2.501, 26.5, 27.2})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    rows = [[x, float(erfc(x))] for x in points()]
    if check:
        kept = json.loads(TARGET.read_text())["erfc"]
        assert [row[0] for row in kept] == [row[0] for row in rows], "other points"
        # Another build of scipy may differ in the last digits.
        worst = max(abs(a - b) / max(b, 1e-300) for (_, a), (_, b) in zip(kept, rows))
        assert worst < 1e-13, f"differs by {worst} relative"
        print(f"{TARGET.name}: {len(rows)} values agree within {worst:.1e} relative")
        return
    TARGET.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    TARGET.write_text('{"erfc": [\n' + lines + "\n]}\n")
    print(f"wrote {TARGET.name}: {len(rows)} values")


if __name__ == "__main__":
    main()
