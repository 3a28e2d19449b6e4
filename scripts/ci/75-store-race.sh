#!/usr/bin/env bash
# The store under many processes: races with stops and kills, and owners stopped past their lease.
# The argument is the share of the whole (64 processes x 200 rounds, 500 stops); 1 for a release.
# Needs the built packages. By default under a minute of two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec timeout 14400 node scripts/lib/store-race.mjs --share "${1:-0.01}"
