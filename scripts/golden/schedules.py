"""Makes packages/trainer/golden/schedules.json: learning-rate factors of Transformers' schedules.

Run from the repository root: python3 scripts/golden/schedules.py  (needs torch, transformers)
"""

import json
from pathlib import Path

import torch
from transformers import get_scheduler

NAMES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}

cases = []
for kind, name in NAMES.items():
    for total, warmup in [(10, 0), (10, 3), (1, 0), (7, 7), (50, 1)]:
        parameter = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([parameter], lr=1.0)
        scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total)
        factors = []
        for _ in range(total + 1):
            factors.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        cases.append(dict(kind=kind, totalSteps=total, warmupSteps=warmup, factors=factors))

path = Path(__file__).parents[2] / "packages/trainer/golden/schedules.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
