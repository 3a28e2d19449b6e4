#!/usr/bin/env python3
"""Judges every model in a folder by onnx.checker; run by scripts/ci/30-onnx-checker.sh.

Usage: check-onnx-models.py FOLDER. The last line is `N passed, N failed, N skipped`.
Operations of ONNX Runtime's own domain have no public schema: a model with one is checked for
structure (names, order, types of attributes), all others with strict shape inference as well.
"""

import pathlib
import sys

import onnx

passed = failed = strict = 0
paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for path in paths:
    model = onnx.load(path)
    official = all(node.domain == "" for node in model.graph.node)
    try:
        onnx.checker.check_model(model, full_check=official)
        passed += 1
        strict += official
    except Exception as error:  # the checker raises several unrelated classes
        failed += 1
        print(f"{path.stem}: {error}")
print(f"onnx {onnx.__version__}: {len(paths)} models, {strict} with shape inference")
if not paths:
    failed = 1
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
