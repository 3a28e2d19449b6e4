#!/usr/bin/env bash
# Has the models that packages/graph writes judged by the official ONNX checker, with shape inference
# where all operations are ONNX's own. Needs a build (npm run build) and Python; installs `onnx` into
# .venv where Python lacks it. The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python=python3
if ! "$python" -c "import onnx" 2>/dev/null; then
  [ -x .venv/bin/python3 ] || python3 -m venv --system-site-packages .venv
  python=.venv/bin/python3
  "$python" -c "import onnx" 2>/dev/null || "$python" -m pip install --quiet onnx
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node scripts/lib/write-onnx-models.mjs "$folder"
"$python" scripts/lib/check-onnx-models.py "$folder"
