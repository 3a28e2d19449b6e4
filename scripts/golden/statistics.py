#!/usr/bin/env python3
"""Golden numbers for the statistics of packages/metrics and packages/evaluation, on random inputs:

- packages/metrics/golden/calibration.json: reliability bins, calibration errors, Brier score
  (scikit-learn), weight health (numpy);
- packages/evaluation/golden/statistics.json: McNemar (scipy, statsmodels), corrections for many
  comparisons (statsmodels), paired bootstrap (the product's own draws fed to numpy and scikit-learn,
  and scipy.stats.bootstrap with draws of its own).

Run from the top of the repository (needs numpy, scipy 1.11, scikit-learn 1.7 and statsmodels 0.14,
or later):

    python3 scripts/golden/statistics.py

`--check` compares with the files that are there instead of writing them.
"""

import argparse
import hashlib
import json
import math
import pathlib
import sys

# This folder has a file named as a module of the standard library; scipy must not find it.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASK = 0xFFFFFFFF


def bin_edges(confidence: np.ndarray, bins: int, strategy: str) -> np.ndarray:
    """As scikit-learn's calibration_curve makes them."""
    shares = np.linspace(0, 1, bins + 1)
    return shares if strategy == "uniform" else np.percentile(confidence, shares * 100)


def bins_case(confidence: np.ndarray, right: np.ndarray, bins: int, strategy: str) -> dict:
    true, predicted = calibration_curve(right, confidence, n_bins=bins, strategy=strategy)
    place = np.searchsorted(bin_edges(confidence, bins, strategy)[1:-1], confidence)
    counts = np.bincount(place, minlength=bins)
    filled = counts[counts > 0]
    gaps = np.abs(true - predicted)
    return {
        "bins": bins,
        "strategy": strategy,
        "counts": counts.tolist(),
        "accuracy": true.tolist(),
        "confidence": predicted.tolist(),
        "expectedError": float(np.sum(filled / len(right) * gaps)),
        "maximumError": float(gaps.max()),
    }


def reliability_cases(rng: np.random.Generator) -> list[dict]:
    """Confidences as doubles, so that values on an edge are on it in both languages."""
    cases = []
    for number in range(60):
        bins = [1, 15, 10, 2, 7, 15][number % 6]
        strategy = ["uniform", "quantile"][number // 2 % 2]
        rows = 1 if number % 20 == 7 else int(rng.integers(2, 60))
        confidence = rng.beta(4, 1, size=rows)
        if number % 3 == 1:  # on the edges, 0 and 1 among them
            confidence = rng.choice(np.linspace(0, 1, bins + 1), size=rows)
        if number % 5 == 2:  # certain of everything, or of most
            confidence[rng.random(rows) < rng.random()] = 1.0
        right = (rng.random(rows) < confidence * rng.random()).astype(int)
        cases.append(
            {
                "input": {"confidence": confidence.tolist(), "right": right.tolist()},
                **bins_case(confidence, right, bins, strategy),
            }
        )
    return cases


def probability_cases(rng: np.random.Generator) -> list[dict]:
    """From log-probabilities; p = count / row sum. Zero counts are log-probabilities of minus infinity."""
    cases = []
    while len(cases) < 60:
        classes = int(rng.integers(2, 6))
        rows = int(rng.integers(1, 40))
        counts = rng.integers(0, 1000, size=(rows, classes))
        counts[rng.random(rows) < 0.1] = np.eye(classes, dtype=int)[0]
        counts[counts.sum(axis=1) == 0, 0] = 1
        probability = counts / counts.sum(axis=1, keepdims=True)
        gold = rng.integers(0, classes, size=rows)
        top = probability.argmax(axis=1)
        confidence = probability.max(axis=1)
        bins = [15, 10, 1][len(cases) % 3]
        inner = np.linspace(0, 1, bins + 1)[1:-1]
        # A last bit lost by exp(log p) must not decide a bin.
        if inner.size and np.abs(confidence[:, None] - inner).min() < 1e-9:
            continue
        target = np.eye(classes)[gold]
        brier = brier_score_loss(
            gold, probability, labels=list(range(classes)), scale_by_half=False
        )
        assert abs(brier - np.mean(np.sum((probability - target) ** 2, axis=1))) < 1e-12
        cases.append(
            {
                "input": {"classes": classes, "gold": gold.tolist(), "counts": counts.ravel().tolist()},
                "brier": float(brier),
                **bins_case(confidence, (top == gold).astype(int), bins, "uniform"),
            }
        )
    return cases


def weight_cases(rng: np.random.Generator) -> list[dict]:
    cases = []
    for number in range(60):
        classes = int(rng.integers(1, 6))
        rows = 1 if number % 20 == 3 else int(rng.integers(1, 70))
        labels = rng.integers(0, classes, size=rows)
        weights = np.exp(rng.normal(0, [0.1, 1, 4][number % 3], size=rows))
        if number % 4 == 1:
            weights[rng.random(rows) < 0.3] = 0.0
        if number % 4 == 2:  # a class whose weights all but vanish
            weights[labels == 0] *= 1e-4
        if number % 7 == 3:
            weights = np.full(rows, 0.25)
        if weights.sum() == 0:
            weights[0] = 1.0
        total = weights.sum()
        mass = np.bincount(labels, weights, minlength=classes) / total
        class_rows = np.bincount(labels, minlength=classes)
        effective = total**2 / np.sum(weights**2)
        cases.append(
            {
                "input": {"weights": weights.tolist(), "labels": labels.tolist(), "classes": classes},
                "effectiveSampleSize": float(effective),
                "effectiveShare": float(effective / rows),
                "largestShare": float(weights.max() / total),
                "massOnTopTenth": float(np.sort(weights)[::-1][: math.ceil(rows / 10)].sum() / total),
                "classMass": mass.tolist(),
                "classRows": class_rows.tolist(),
                "vanishedClasses": np.flatnonzero(
                    (class_rows > 0) & (mass < 0.01 * class_rows / rows)
                ).tolist(),
                "zeros": int((weights == 0).sum()),
                "mean": float(weights.mean()),
                "minimum": float(weights.min()),
                "maximum": float(weights.max()),
            }
        )
    return cases


def mcnemar_cases(rng: np.random.Generator) -> list[dict]:
    pairs = [(0, 0), (0, 1), (1, 1), (5, 0), (0, 40), (30, 30), (900, 1000), (2000, 1), (5000, 5100)]
    pairs += [tuple(int(value) for value in rng.integers(0, high, size=2)) for high in [6, 30, 300] * 20]
    cases = []
    for b, c in pairs:
        exact = float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)
        if b + c > 0:
            assert math.isclose(exact, stats.binomtest(b, b + c, 0.5).pvalue, rel_tol=1e-9)
        less = min(b, c)
        middle = 1.0 if b == c else float(2 * stats.binom.cdf(less, b + c, 0.5) - stats.binom.pmf(less, b + c, 0.5))
        cases.append({"b": b, "c": c, "p": min(1.0, exact), "midP": middle})
    return cases


def correction_cases(rng: np.random.Generator) -> list[dict]:
    families = [[1.0], [0.0, 1.0], [0.05] * 4, [0.01, 0.01, 0.04, 0.04]]
    families += [(rng.random(rng.integers(1, 40)) ** rng.integers(1, 5)).tolist() for _ in range(50)]
    families += [np.round(rng.random(20) ** 3, 2).tolist() for _ in range(10)]
    return [
        {
            "p": family,
            "holm": multipletests(family, method="holm")[1].tolist(),
            "benjamini-hochberg": multipletests(family, method="fdr_bh")[1].tolist(),
        }
        for family in families
    ]


class Stream:
    """packages/base's randomStream, from the definition of xoshiro128** (see base.py)."""

    def __init__(self, *key: object) -> None:
        digest = hashlib.sha256(json.dumps(key, separators=(",", ":")).encode()).digest()
        self.state = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]

    def uint32(self) -> int:
        rotate = lambda value, bits: ((value << bits) | (value >> (32 - bits))) & MASK
        s = self.state
        value = rotate((s[1] * 5) & MASK, 7) * 9 & MASK
        shifted = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 11)
        return value

    def integer(self, limit: int) -> int:
        bound = 2**32 - 2**32 % limit
        value = self.uint32()
        while value >= bound:
            value = self.uint32()
        return value % limit


def score(metric: str, gold: np.ndarray, predicted: np.ndarray) -> float:
    if metric == "accuracy":
        return float(accuracy_score(gold, predicted))
    return float(f1_score(gold, predicted, average="macro", zero_division=0))


def fast_score(metric: str, gold: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    if metric == "accuracy":
        return float(np.mean(gold == predicted))
    right = np.bincount(gold[gold == predicted], minlength=classes)
    total = np.bincount(gold, minlength=classes) + np.bincount(predicted, minlength=classes)
    return float(np.mean(2 * right[total > 0] / total[total > 0]))


def two_methods(rng: np.random.Generator, rows: int, classes: int, seeds: int) -> tuple:
    gold = rng.integers(0, classes, size=rows)
    hard = rng.random(rows)
    methods = []
    for strength in rng.uniform(0.6, 0.9, size=2):
        runs = []
        for _ in range(seeds):
            right = 0.7 * hard + 0.3 * rng.random(rows) < strength
            runs.append(np.where(right, gold, rng.integers(0, classes, size=rows)))
        methods.append(runs)
    return gold, methods


def bootstrap_input(gold, methods, classes, **more) -> dict:
    return {
        "classes": classes,
        "gold": gold.tolist(),
        "methods": [[run.tolist() for run in runs] for runs in methods],
        **more,
    }


def same_draws_cases(rng: np.random.Generator) -> list[dict]:
    """The definition on the product's draws: take the rows, score each seed by scikit-learn, subtract."""
    cases = []
    for number in range(16):
        metric = ["accuracy", "macroF1"][number % 2]
        rows, classes, seeds = int(rng.integers(1, 60)), int(rng.integers(2, 5)), int(rng.integers(1, 4))
        gold, methods = two_methods(rng, rows, classes, seeds)
        if number >= 14:
            methods[1] = methods[0]
        seed, resamples, level = number, 80, [0.95, 0.9][number // 2 % 2]
        stream = Stream("bootstrap", "test rows", seed)
        differences = []
        for _ in range(resamples):
            drawn = [stream.integer(rows) for _ in range(rows)]
            means = [np.mean([score(metric, gold[drawn], run[drawn]) for run in runs]) for runs in methods]
            difference = means[0] - means[1]
            differences.append(0.0 if abs(difference) < 1e-12 else difference)
        values = np.array(differences)
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        side = min(int((values <= 0).sum()), int((values >= 0).sum()))
        whole = [np.mean([score(metric, gold, run) for run in runs]) for runs in methods]
        cases.append(
            {
                "input": bootstrap_input(
                    gold, methods, classes, metric=metric, seed=seed, resamples=resamples, level=level
                ),
                "difference": 100 * float(whole[0] - whole[1]),
                "low": 100 * float(low),
                "high": 100 * float(high),
                "p": min(1.0, 2 * (1 + side) / (1 + resamples)),
            }
        )
    return cases


def scipy_cases(rng: np.random.Generator) -> list[dict]:
    """scipy.stats.bootstrap, paired and percentile, with draws of its own."""
    cases = []
    for number in range(8):
        metric = ["accuracy", "macroF1"][number % 2]
        rows, classes, seeds = 300, int(rng.integers(2, 4)), int(rng.integers(1, 5))
        gold, methods = two_methods(rng, rows, classes, seeds)

        def statistic(drawn: np.ndarray, *_: np.ndarray) -> float:
            means = [
                np.mean([fast_score(metric, gold[drawn], run[drawn], classes) for run in runs])
                for runs in methods
            ]
            return float(means[0] - means[1])

        places = np.arange(rows)
        found = stats.bootstrap(
            (places, places),
            statistic,
            paired=True,
            vectorized=False,
            method="percentile",
            n_resamples=9999,
            rng=np.random.default_rng(number),
        )
        values = found.bootstrap_distribution
        cases.append(
            {
                "input": bootstrap_input(gold, methods, classes, metric=metric),
                "low": 100 * float(found.confidence_interval.low),
                "high": 100 * float(found.confidence_interval.high),
                "standardError": 100 * float(found.standard_error),
                "notAbove": float(np.mean(values <= 1e-12)),
                "notBelow": float(np.mean(values >= -1e-12)),
            }
        )
    return cases


def write(path: pathlib.Path, groups: dict[str, list[dict]], check: bool) -> None:
    versions = {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikitLearn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
    }
    count = sum(len(cases) for cases in groups.values())
    if check:
        kept = json.loads(path.read_text(encoding="utf-8"))
        fresh = json.loads(json.dumps(groups))
        if {name: kept[name] for name in fresh} != fresh:
            raise SystemExit(f"{path.name} differs from what these libraries give: {versions}")
        print(f"{path.name}: {count} cases equal")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'"madeBy": "scripts/golden/statistics.py"', f'"versions": {json.dumps(versions)}']
    for name, cases in groups.items():
        rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        lines.append(f'"{name}": [\n{rows}\n]')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{path.name}: {count} cases, {path.stat().st_size // 1024} KiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    rng = np.random.default_rng(20261121)
    write(
        ROOT / "packages/metrics/golden/calibration.json",
        {
            "reliability": reliability_cases(rng),
            "probabilities": probability_cases(rng),
            "weights": weight_cases(rng),
        },
        check,
    )
    write(
        ROOT / "packages/evaluation/golden/statistics.json",
        {
            "mcnemar": mcnemar_cases(rng),
            "corrections": correction_cases(rng),
            "sameDraws": same_draws_cases(rng),
            "scipy": scipy_cases(rng),
        },
        check,
    )


if __name__ == "__main__":
    main()
