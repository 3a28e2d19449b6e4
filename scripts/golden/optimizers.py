"""Makes packages/trainer/golden/optimizers.json: torch.optim.AdamW and SGD over two dense tensors
and an nn.Embedding whose tokens repeat within a batch, with torch.nn.utils.clip_grad_norm_.

Run from the repository root: python3 scripts/golden/optimizers.py  (needs torch)
"""

import json
from pathlib import Path

import torch

ROWS, WIDTH, STEPS = 12, 6, 6
SHAPES = {"weight": [3, 7], "bias": [3]}
CASES = {
    "adamw": dict(kind="adamw", lr=3e-3, weightDecay=0.0, momentum=0.0, clipNorm=None),
    "adamw, clipped": dict(kind="adamw", lr=3e-3, weightDecay=0.0, momentum=0.0, clipNorm=1.0),
    "adamw, decay, clipped": dict(kind="adamw", lr=3e-3, weightDecay=0.1, momentum=0.0, clipNorm=1.0),
    "sgd": dict(kind="sgd", lr=0.05, weightDecay=0.0, momentum=0.0, clipNorm=None),
    "sgd, momentum, clipped": dict(kind="sgd", lr=0.05, weightDecay=0.0, momentum=0.9, clipNorm=2.0),
    "sgd, momentum, decay": dict(kind="sgd", lr=0.05, weightDecay=0.1, momentum=0.9, clipNorm=None),
}


def flat(tensor):
    """Values with the nine digits that a float32 needs."""
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def run(case, seed):
    random = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=random)
    dense = {name: torch.nn.Parameter(draw(*shape)) for name, shape in SHAPES.items()}
    embedding = torch.nn.Embedding(ROWS, WIDTH)
    with torch.no_grad():
        embedding.weight.copy_(draw(ROWS, WIDTH))
    parameters = [*dense.values(), embedding.weight]
    if case["kind"] == "adamw":
        optimizer = torch.optim.AdamW(
            parameters, lr=case["lr"], betas=(0.9, 0.999), eps=1e-8, weight_decay=case["weightDecay"]
        )
    else:
        optimizer = torch.optim.SGD(
            parameters, lr=case["lr"], momentum=case["momentum"], weight_decay=case["weightDecay"]
        )
    initial = {name: flat(value) for name, value in dense.items()} | {"words": flat(embedding.weight)}
    steps = []
    for step in range(STEPS):
        rate = case["lr"] * (1 - step / STEPS)
        for group in optimizer.param_groups:
            group["lr"] = rate
        # A batch uses six neighbouring ids at most, so that rows are touched, left and met again;
        # gradients shrink from step to step, so that clipping is active in some steps only.
        tokens = (torch.randint(0, 6, (9,), generator=random) + 2 * step) % (ROWS - 1)
        size = 2.0 * 0.4**step
        token_gradient = size * draw(len(tokens), WIDTH)
        optimizer.zero_grad()
        embedding(tokens).backward(token_gradient)
        gradients = {}
        for name, parameter in dense.items():
            parameter.grad = size * draw(*parameter.shape)
            gradients[name] = flat(parameter.grad)
        limit = float("inf") if case["clipNorm"] is None else case["clipNorm"]
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
        optimizer.step()
        steps.append(
            dict(
                learningRate=rate,
                tokenIds=tokens.tolist(),
                gradients=gradients,
                tokenGradient=flat(token_gradient),
                norm=float(norm),
            )
        )
        if step in (0, STEPS - 1):
            steps[-1]["values"] = {name: flat(value) for name, value in dense.items()}
            steps[-1]["values"]["words"] = flat(embedding.weight)
    return dict(settings=case, initial=initial, steps=steps)


result = dict(
    rows=ROWS,
    width=WIDTH,
    shapes=SHAPES,
    cases={name: run(case, seed) for seed, (name, case) in enumerate(CASES.items())},
)
path = Path(__file__).parents[2] / "packages/trainer/golden/optimizers.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
