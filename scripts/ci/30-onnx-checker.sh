#!/usr/bin/env bash
# Has the models that packages/graph writes judged by the official ONNX checker, with shape inference
# where all operations are ONNX's own. Needs a build (npm run build) and Python; installs `onnx` into
# .venv where Python lacks it. The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

. scripts/lib/python-with.sh
python_with onnx
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node scripts/lib/write-onnx-models.mjs "$folder"
"$python" scripts/lib/check-onnx-models.py "$folder"
