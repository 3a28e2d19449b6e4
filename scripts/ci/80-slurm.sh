#!/usr/bin/env bash
# Faults of a real Slurm, on a private cluster of this machine: its controller away, jobs forgotten
# and out of time, the coordinator killed, at random moments and for good. Then 100 random schedules
# of a made-up one, and 100 random plans that it finishes without a coordinator. Installs Slurm where
# it is missing and may be installed. Needs the built packages. About 8 minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/sbin:/sbin"
installed() {
  local name
  for name in sbatch slurmctld slurmd munged; do command -v "$name" >/dev/null || return 1; done
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
install_slurm() {
  command -v apt-get >/dev/null || return 1
  export DEBIAN_FRONTEND=noninteractive
  { as_root apt-get update -qq && as_root apt-get install -y -qq slurm-wlm munge; } >&2
}
if ! installed && ! { install_slurm && installed; }; then
  echo "slurm: skipped, it is not installed and cannot be: apt-get install slurm-wlm munge"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
export COUNTERWEIGHT_SCHEDULES="${COUNTERWEIGHT_SCHEDULES:-100}"
exec timeout 1100 npx vitest run --config scripts/slurm/vitest.config.ts
