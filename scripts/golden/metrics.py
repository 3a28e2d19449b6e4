#!/usr/bin/env python3
"""Writes packages/metrics/golden/scikit-learn.json: scikit-learn's answers on random inputs.

Run from the top of the repository (needs numpy and scikit-learn, 1.3 or later):

    python3 scripts/golden/metrics.py

`--check` compares with the file that is there instead of writing it.
Probabilities are kept as small whole numbers per row (p = count / row sum), so that the file stays
short and both languages start from the same doubles. Zero counts exercise the clip of log-loss.
"""

import argparse
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

TARGET = pathlib.Path(__file__).parents[2] / "packages/metrics/golden/scikit-learn.json"
CASES = 200
NAMES = ["accuracy", "not ironic", "ironía", "x", "a rather long class name", "5"]


def labels(rng: np.random.Generator, classes: int, rows: int) -> np.ndarray:
    """Labels over a random, possibly smaller, set of the classes, unevenly drawn."""
    used = rng.choice(classes, size=rng.integers(1, classes + 1), replace=False)
    return rng.choice(used, size=rows, p=rng.dirichlet(np.ones(len(used))))


def make_case(rng: np.random.Generator) -> dict:
    classes = int(rng.integers(2, 7))
    rows = int(rng.integers(1, 49))
    gold = labels(rng, classes, rows)
    predicted = labels(rng, classes, rows)
    agree = rng.random(rows) < rng.random()
    predicted = np.where(agree, gold, predicted)
    counts = rng.integers(0, 10, size=(rows, classes))
    counts[counts.sum(axis=1) == 0, 0] = 1
    probability = counts / counts.sum(axis=1, keepdims=True)
    everything = list(range(classes))
    names = NAMES[:classes]

    def averages(average: str, only: list[int] | None) -> list[float]:
        found = precision_recall_fscore_support(
            gold, predicted, labels=only, average=average, zero_division=0
        )
        return [float(value) for value in found[:3]]

    occurring = sorted(set(gold.tolist()) | set(predicted.tolist()))
    precision, recall, f1, support = precision_recall_fscore_support(
        gold, predicted, labels=everything, zero_division=0
    )
    return {
        "labelNames": names,
        "gold": gold.tolist(),
        "predicted": predicted.tolist(),
        "probabilityCounts": counts.flatten().tolist(),
        "accuracy": accuracy_score(gold, predicted),
        "confusion": confusion_matrix(gold, predicted, labels=everything).flatten().tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "macroF1": {
            "occurring": f1_score(gold, predicted, average="macro", zero_division=0),
            "all": f1_score(gold, predicted, labels=everything, average="macro", zero_division=0),
        },
        "macro": {"occurring": averages("macro", None), "all": averages("macro", everything)},
        "weighted": averages("weighted", None),
        "logLoss": log_loss(gold, probability, labels=everything),
        # Where no row is right, scikit-learn prints supports as "1.0": an accident of its counting.
        "text": None
        if not (gold == predicted).any()
        else {
            "occurring": classification_report(
                gold,
                predicted,
                labels=occurring,
                target_names=[names[index] for index in occurring],
                zero_division=0,
            ),
            "all4": classification_report(
                gold, predicted, labels=everything, target_names=names, zero_division=0, digits=4
            ),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(20260101)
    cases = [make_case(rng) for _ in range(CASES)]
    made = {"madeBy": "scripts/golden/metrics.py", "scikitLearn": sklearn.__version__, "cases": cases}
    if arguments.check:
        kept = json.loads(TARGET.read_text(encoding="utf-8"))
        if kept["cases"] != json.loads(json.dumps(cases)):
            raise SystemExit(f"{TARGET.name} differs from what scikit-learn {sklearn.__version__} gives")
        print(f"{TARGET.name}: {len(cases)} cases equal")
        return
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    head = json.dumps({key: made[key] for key in ("madeBy", "scikitLearn")})
    TARGET.write_text(f'{head[:-1]}, "cases": [\n{text}\n]}}\n', encoding="utf-8")
    print(f"{TARGET.name}: {len(cases)} cases")


if __name__ == "__main__":
    main()
