# For sourcing, from the repository root: Python with the modules that a check needs.

retry() {
  local try
  for try in 1 2 3; do
    "$@" && return 0
    echo "attempt $try failed: $*"
    sleep $((try * 5))
  done
  return 1
}

# python_with PACKAGE...: sets `python` to an interpreter that imports them all. They go into .venv
# where $PYTHON (python3) lacks one.
python_with() {
  local modules needed
  modules="$*"
  needed="import ${modules// /, }"
  python=${PYTHON:-python3}
  if "$python" -c "$needed" 2>/dev/null; then return 0; fi
  [ -x .venv/bin/python3 ] || "$python" -m venv --system-site-packages .venv
  python=$PWD/.venv/bin/python3
  "$python" -c "$needed" 2>/dev/null ||
    retry "$python" -m pip install --quiet --disable-pip-version-check "$@"
}
