#!/usr/bin/env bash
# Disturbs whole sweeps by the real command and the real backend: 50 kills at random moments, of
# coordinators and workers, and stops past the lease; then compares every output and every file of
# the stores with undisturbed runs, bit for bit. COUNTERWEIGHT_KILLS, _STOPS and _SEED change it.
# Needs the built packages. About 3 minutes of two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec timeout 1150 node scripts/lib/sweep-kills.mjs \
  --kills "${COUNTERWEIGHT_KILLS:-50}" --stops "${COUNTERWEIGHT_STOPS:-4}" \
  --seed "${COUNTERWEIGHT_SEED:-0}"
