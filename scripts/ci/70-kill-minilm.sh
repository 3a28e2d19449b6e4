#!/usr/bin/env bash
# Kills a run of the real MiniLM four times at random moments, its coordinator, a worker of its pool or
# all of them, continues it with the same command, and compares its results with those of an
# undisturbed run, bit for bit. Needs the built packages and COUNTERWEIGHT_ASSETS. About two minutes of
# two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${COUNTERWEIGHT_ASSETS:-}" ]; then
  echo "killing MiniLM: skipped, COUNTERWEIGHT_ASSETS is not set"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec timeout 1800 node scripts/lib/kill-and-compare.mjs
