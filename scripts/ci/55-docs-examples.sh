#!/usr/bin/env bash
# Runs the examples of docs/data.md and docs/experiments.md as they stand there and compares what they
# say with what the pages show. Needs a build (npm run build) and Python; installs pandas and pyarrow
# into .venv where Python lacks them. Examples with the published data sets are skipped without
# COUNTERWEIGHT_ASSETS. The hub's example asks a hub on this machine. The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

. scripts/lib/python-with.sh
python_with pandas pyarrow
unset COUNTERWEIGHT_STORE MLFLOW_TRACKING_URI MLFLOW_EXPERIMENT_NAME
exec node scripts/lib/run-docs-examples.mjs docs/data.md docs/experiments.md --python "$python"
