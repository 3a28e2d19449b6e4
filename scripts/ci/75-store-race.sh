#!/usr/bin/env bash
# The store under many processes and bad disks: races with stops and kills, owners stopped past their
# lease, damage at every place, and a file system that refuses at every call.
# COUNTERWEIGHT_STORE_SHARE, or the argument, is the share of the whole (64 processes x 200 rounds,
# 500 stops, 10,000 damages); 1 for a release. COUNTERWEIGHT_STORE_PARTS takes some of "races,stops,
# damage,faults"; COUNTERWEIGHT_SEED begins elsewhere.
# Needs the built packages. By default under two minutes of two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec timeout 28800 node scripts/lib/store-race.mjs \
  --share "${1:-${COUNTERWEIGHT_STORE_SHARE:-0.01}}" --seed "${COUNTERWEIGHT_SEED:-0}" \
  --parts "${COUNTERWEIGHT_STORE_PARTS:-races,stops,damage,faults}"
