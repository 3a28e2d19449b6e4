#!/usr/bin/env bash
# Has Python's huggingface_hub and packages/hub share one cache, filled by either of them from a local
# server that speaks the hub's protocol; no request leaves this machine. Compares the settings that both
# read from the environment, and the reading of data set cards with PyYAML.
# Needs a build (npm run build) and a Python with huggingface_hub (it comes with transformers).
# The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python="${PYTHON:-python3}"
if ! "$python" -c "import huggingface_hub, yaml" 2>/dev/null; then
  echo "skipped: $python has no huggingface_hub (pip install huggingface_hub)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec timeout 600 node scripts/lib/hub-with-python.mjs "$python"
