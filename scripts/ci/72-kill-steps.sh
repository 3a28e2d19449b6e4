#!/usr/bin/env bash
# Kills a sweep of toy steps by SIGKILL at 50 random moments, its coordinator and its workers, gives
# the same command again each time, and compares all entries' files with an undisturbed sweep's.
# Needs the built packages. About 40 s of two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
export COUNTERWEIGHT_KILLS="${COUNTERWEIGHT_KILLS:-50}" COUNTERWEIGHT_SEED="${COUNTERWEIGHT_SEED:-0}"
exec timeout 900 npx vitest run packages/steps/src/run/kill.test.ts
