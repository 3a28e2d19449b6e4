#!/usr/bin/env bash
# Kills `counterweight run` forty times at random moments, in-process executor; the results are those
# of an undisturbed run, bit for bit. The everyday test does ten. Needs the built packages. A minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
COUNTERWEIGHT_KILLS=40 exec timeout 1100 npx vitest run packages/cli/src/survival/kill.test.ts
