#!/usr/bin/env python3
"""PyTorch's side of the parity check: 50 steps of CE, Focal, IMP and DIMP from real weights.

    python scripts/parity/torch_curves.py --assets "$COUNTERWEIGHT_ASSETS" --out FOLDER
    node scripts/parity/compare.mjs --assets "$COUNTERWEIGHT_ASSETS" --golden FOLDER

Writes FOLDER/curves.json (rows by index, labels, scores, losses, gradient norms; no text) and
safetensors with the starting head, the first step's gradients and the last parameters of each loss.
With --golden FILE it also writes the small file that everyday tests read. Needs torch and transformers.
"""
import argparse
import json
import pathlib
import random

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

STEPS, BATCH, CLIP, RATE, MAX_LENGTH = 50, 16, 1.0, 6e-5, 128
LOSSES = ["ce", "focal", "imp", "dimp"]
GENERATED = "data/tweet-irony/generated/gpt-3.5-turbo_few-shot.json"
SAMPLES = 4  # entries of each tensor that the small golden file keeps


def row_losses(name, log_p, quality, diversity):
    if name == "ce":
        weight = torch.ones_like(log_p)
    elif name == "focal":
        weight = 1 - log_p.exp()
    elif name == "imp":
        weight = quality / diversity
    else:
        weight = quality / log_p.detach().exp()
    return -(weight * log_p).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--golden")
    options = parser.parse_args()
    torch.manual_seed(0)
    assets, out = pathlib.Path(options.assets), pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    folder = assets / "models/all-MiniLM-L6-v2"
    data = json.loads((assets / GENERATED).read_text(encoding="utf-8"))
    rows = random.Random(3).sample(range(len(data)), STEPS * BATCH)
    labels = [int(data[row]["labels"] == "sarcastic") for row in rows]
    generator = np.random.default_rng(0)
    scores = {name: generator.uniform(0.05, 1, len(rows)).astype(np.float32) for name in ("quality", "diversity")}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer([data[row]["augmented_text"].strip() for row in rows], truncation=True, max_length=MAX_LENGTH)["input_ids"]

    def fresh():
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0)
        model.load_state_dict(head, strict=False)
        return model.train()

    head = {"classifier.weight": torch.randn(2, 384) * 0.02, "classifier.bias": torch.zeros(2)}
    save_file(head, out / "head.safetensors")
    curves = dict(steps=STEPS, batchSize=BATCH, clipNorm=CLIP, learningRate=RATE, maxLength=MAX_LENGTH, generated=GENERATED,
                  torch=torch.__version__, rows=rows, labels=labels, quality=scores["quality"].tolist(),
                  diversity=scores["diversity"].tolist(), head=head["classifier.weight"].flatten().tolist(), losses={}, norms={})
    samples = {}
    for name in LOSSES:
        model = fresh()
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)
        losses, norms = [], []
        for step in range(STEPS):
            part = slice(step * BATCH, (step + 1) * BATCH)
            width = max(map(len, ids[part]))
            x = torch.tensor([row + [0] * (width - len(row)) for row in ids[part]])
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids[part]])
            y = torch.tensor(labels[part])
            log_p = model(input_ids=x, attention_mask=mask).logits.log_softmax(-1).gather(1, y[:, None])[:, 0]
            loss = row_losses(name, log_p, *(torch.from_numpy(scores[key][part]) for key in ("quality", "diversity")))
            loss.backward()
            if step == 0:
                gradients = {key: value.grad.clone() for key, value in model.named_parameters()}
                save_file(gradients, out / f"gradients-{name}.safetensors")
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        last = {key: value.detach().clone() for key, value in model.named_parameters()}
        save_file(last, out / f"parameters-{name}.safetensors")
        curves["losses"][name], curves["norms"][name] = losses, norms
        samples[name] = {key: sample(key, gradients[key], last[key]) for key in last}
        print(f"{name}: loss {losses[0]:.6f} to {losses[-1]:.6f}, clipped {sum(n > CLIP for n in norms)} of {STEPS} steps", flush=True)
    (out / "curves.json").write_text(json.dumps(curves) + "\n")
    if options.golden:
        pathlib.Path(options.golden).write_text(json.dumps(dict(curves, samples=samples)) + "\n")


def sample(key, gradient, parameter):
    """A few entries by index: the largest gradient and some fixed places."""
    flat = gradient.flatten()
    places = sorted({int(flat.abs().argmax()), *np.random.default_rng(len(key)).integers(0, flat.numel(), SAMPLES - 1).tolist()})
    return dict(largest=flat.abs().max().item(), places=places, gradient=flat[places].tolist(), parameter=parameter.flatten()[places].tolist())


if __name__ == "__main__":
    main()
