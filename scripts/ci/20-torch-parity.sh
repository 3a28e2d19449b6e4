#!/usr/bin/env bash
# Makes PyTorch's curves anew and compares every number of them with ours (scripts/parity).
# Needs COUNTERWEIGHT_ASSETS and a Python with torch and transformers.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${COUNTERWEIGHT_ASSETS:-}" ]; then
  echo "torch parity: skipped, COUNTERWEIGHT_ASSETS is not set"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" scripts/parity/torch_curves.py --assets "$COUNTERWEIGHT_ASSETS" --out "$folder"
node scripts/parity/compare.mjs --assets "$COUNTERWEIGHT_ASSETS" --golden "$folder"
