#!/usr/bin/env bash
# Kills `counterweight run` forty times at random moments and fills its disk at twelve, in-process
# executor; the results are those of an undisturbed run, bit for bit. Everyday tests do ten and two.
# Needs the built packages. Two minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
COUNTERWEIGHT_KILLS=40 COUNTERWEIGHT_FAULTS=12 exec timeout 1100 npx vitest run \
  packages/cli/src/survival/kill.test.ts packages/cli/src/survival/faults.test.ts
