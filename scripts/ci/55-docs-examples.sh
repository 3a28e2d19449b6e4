#!/usr/bin/env bash
# Runs the examples of docs/data.md as they stand there and compares what they say with what the page
# shows. Needs a build (npm run build) and Python; installs pandas and pyarrow into .venv where Python
# lacks them. Examples with the published data sets are skipped without COUNTERWEIGHT_ASSETS. The hub's
# example asks a hub on this machine. The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

retry() {
  local try
  for try in 1 2 3; do
    "$@" && return 0
    echo "attempt $try failed: $*"
    sleep $((try * 5))
  done
  return 1
}

python=${PYTHON:-python3}
needed="import pandas, pyarrow"
if ! "$python" -c "$needed" 2>/dev/null; then
  [ -x .venv/bin/python3 ] || "$python" -m venv --system-site-packages .venv
  python=$PWD/.venv/bin/python3
  "$python" -c "$needed" 2>/dev/null ||
    retry "$python" -m pip install --quiet --disable-pip-version-check pandas pyarrow
fi
exec node scripts/lib/run-docs-examples.mjs docs/data.md --python "$python"
