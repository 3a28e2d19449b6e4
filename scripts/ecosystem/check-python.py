#!/usr/bin/env python3
"""Loads saved models with Transformers and with ONNX Runtime and compares logits with ours.

Usage: check-python.py FOLDER... where FOLDER.json (by save-folders.mjs) holds rows and logits.
Needs torch, transformers, onnx and onnxruntime. The last line is `N passed, N failed, N skipped`.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
import torch
import transformers
from huggingface_hub import ModelCard

TOLERANCE = 1e-4
BATCH = 8
passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok  ' if good else 'FAIL'} {what}")


def softmax(logits):
    shares = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def encoded(tokenizer, rows, length, kind):
    texts = [row["text"] for row in rows]
    pairs = [row["pair"] for row in rows] if "pair" in rows[0] else None
    assert tokenizer.model_max_length == length
    return tokenizer(texts, pairs, padding=True, truncation=True, return_tensors=kind)


def run(folder):
    name = folder.name
    expected = json.loads(folder.with_suffix(".json").read_text("utf8"))
    labels, length = expected["labels"], expected["maxLength"]
    rows = {kind: expected[kind] for kind in ("single", "cutSingle", "finalSigma", "pair", "cutPair")}
    count = sum(map(len, rows.values()))

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model, loading = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True, trust_remote_code=(folder / "modeling_mean_pooling.py").exists()
    )
    model.eval()
    check(not any(loading.values()), f"{name}: Transformers reports no missing or unexpected weight")
    check(
        [model.config.id2label[index] for index in range(len(labels))] == labels
        and model.config.label2id == {label: index for index, label in enumerate(labels)},
        f"{name}: id2label and label2id",
    )
    check(model.dtype == torch.float32, f"{name}: float32")
    sessions = {}
    for file in ("model.onnx", "model_quantized.onnx"):
        path = folder / "onnx" / file
        try:
            onnx.checker.check_model(onnx.load(path), full_check=True)
            check(True, f"{name}: onnx.checker takes {file} ({path.stat().st_size:,} bytes)")
        except Exception as error:  # the checker raises several unrelated classes
            check(False, f"{name}: onnx.checker on {file}: {error}")
        sessions[file] = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    worst = {"Transformers": 0.0, "model.onnx": 0.0, "model_quantized.onnx": 0.0}
    other_class = 0
    for group in rows.values():
        for start in range(0, len(group), BATCH):
            batch = group[start : start + BATCH]
            ours = numpy.array([row["logits"] for row in batch])
            inputs = encoded(tokenizer, batch, length, "pt")
            with torch.no_grad():
                theirs = model(**inputs).logits.numpy()
            worst["Transformers"] = max(worst["Transformers"], abs(ours - theirs).max())
            arrays = encoded(tokenizer, batch, length, "np")
            for file, session in sessions.items():
                wanted = {item.name for item in session.get_inputs()}
                feeds = {key: value for key, value in arrays.items() if key in wanted}
                assert wanted == set(feeds), f"{wanted} needed, the tokenizer gives {set(arrays)}"
                (logits,) = session.run(["logits"], feeds)
                if file == "model.onnx":
                    worst[file] = max(worst[file], abs(ours - logits).max())
                else:
                    worst[file] = max(worst[file], abs(softmax(ours) - softmax(logits)).max())
                    other_class += int((ours.argmax(1) != logits.argmax(1)).sum())
    check(
        worst["Transformers"] <= TOLERANCE,
        f"{name}: {count} rows, logits within {worst['Transformers']:.1e} of Transformers'",
    )
    check(
        worst["model.onnx"] <= TOLERANCE,
        f"{name}: {count} rows, logits within {worst['model.onnx']:.1e} in Python's onnxruntime",
    )
    # No bar on single rows: what rounding costs is measured by quantised-cost.mjs on labelled rows.
    check(
        worst["model_quantized.onnx"] < 0.5,
        f"{name}: quantised, probabilities within {worst['model_quantized.onnx']:.3f},"
        f" {other_class} of {count} rows in another class",
    )

    card = ModelCard.load(folder / "README.md")
    check(
        card.data.pipeline_tag == "text-classification" and card.data.library_name == "transformers",
        f"{name}: the hub's client reads the model card",
    )


versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
print(f"{versions}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
for argument in sys.argv[1:]:
    run(pathlib.Path(argument))
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
