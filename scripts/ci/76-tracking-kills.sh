#!/usr/bin/env bash
# Kills a process that records a run thirty times at random moments, once while it delivers to a real
# MLflow server (SQLite) and once into the embedded store; every point is there exactly once.
# Needs the built packages, and mlflow for the first. About a minute. Both files run whole: a test that a
# name filter leaves out counts as skipped, and a skip is a failure where none is allowed.
set -euo pipefail
cd "$(dirname "$0")/../.."
COUNTERWEIGHT_KILLS=30 exec timeout 1800 npx vitest run \
  packages/tracking/src/mlflow-server.test.ts packages/tracking/src/embedded-store.test.ts
