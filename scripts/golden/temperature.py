"""Golden temperatures for packages/checkers, fitted by SciPy's bounded scalar minimiser.

Run from the repository root, with scipy installed:
    python3 scripts/golden/temperature.py
"""

import json
from pathlib import Path

import numpy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

random = numpy.random.default_rng(11)
cases = []
for number in range(40):
    rows, classes = int(random.integers(20, 200)), int(random.integers(2, 5))
    logits = random.normal(size=(rows, classes)) * random.uniform(0.3, 6)
    truth = log_softmax(logits / random.uniform(0.5, 4), axis=1)
    labels = numpy.array([random.choice(classes, p=numpy.exp(row)) for row in truth])
    stored = log_softmax(logits, axis=1).astype(numpy.float32)

    def loss(inverse: float) -> float:
        scaled = log_softmax(stored.astype(numpy.float64) * inverse, axis=1)
        return float(-scaled[numpy.arange(rows), labels].mean())

    found = minimize_scalar(loss, bounds=(1 / 20, 20), method="bounded", options={"xatol": 1e-12})
    cases.append(
        {
            "classes": classes,
            "logProbabilities": [float(value) for value in stored.ravel()],
            "labels": labels.tolist(),
            "temperature": 1 / float(found.x),
            "before": loss(1.0),
            "after": loss(float(found.x)),
        }
    )
path = Path("packages/checkers/golden/temperature.json")
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"cases": cases}) + "\n", encoding="utf-8")
