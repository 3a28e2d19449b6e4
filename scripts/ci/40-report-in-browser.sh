#!/usr/bin/env bash
# Opens sample reports in Chromium, light and dark, wide and narrow, and fails on console messages,
# network requests, missing sections, texts outside their chart, or scripts that run.
# Needs the built packages. Installs Chromium where it is absent and that is allowed; otherwise it
# says so and counts as skipped. Pictures go to the folder named by REPORT_PICTURES, if set.
set -euo pipefail
cd "$(dirname "$0")/../.."

find_browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome || true
}

browser="$(find_browser)"
if [ -z "$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  log="$(mktemp)"
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } \
    >"$log" 2>&1; then
    echo "Chromium could not be installed:"
    tail -n 5 "$log"
  fi
  rm -f "$log"
  browser="$(find_browser)"
fi
if [ -z "$browser" ]; then
  echo "skipped: no Chromium, and none could be installed here. Install it to run this check."
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec timeout 300 node scripts/lib/report-in-browser.mjs "$browser" ${REPORT_PICTURES:+"$REPORT_PICTURES"}
