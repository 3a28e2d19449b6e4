"""Golden areas under the ROC curve for packages/metrics, from scikit-learn.

Run from the repository root, with scikit-learn installed:
    python3 scripts/golden/roc-auc.py
"""

import json
from pathlib import Path

import numpy
from sklearn.metrics import roc_auc_score

random = numpy.random.default_rng(7)
cases = []
for number in range(48):
    rows = int(random.integers(2, 60))
    positive = random.integers(0, 2, rows)
    positive[:2] = [0, 1]
    # Every third case has many ties.
    scores = random.integers(0, 4, rows) / 4 if number % 3 == 0 else random.normal(size=rows)
    cases.append(
        {
            "positive": positive.tolist(),
            "scores": scores.tolist(),
            "auc": float(roc_auc_score(positive, scores)),
        }
    )
path = Path("packages/metrics/golden/roc-auc.json")
path.write_text(json.dumps({"cases": cases}) + "\n", encoding="utf-8")
