#!/usr/bin/env bash
# Saves models as folders and has the ecosystem load them: Transformers and onnxruntime in Python,
# @huggingface/transformers and its former name @xenova/transformers in Node, onnxruntime-web 1.14
# (WebAssembly); then runs the examples of docs/models.md as they stand there. Nothing is trained.
# Needs a build, Python with torch and transformers, a package registry, and COUNTERWEIGHT_ASSETS.
# The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
here=scripts/ecosystem
if [ -z "${COUNTERWEIGHT_ASSETS:-}" ]; then
  echo "ecosystem: skipped, COUNTERWEIGHT_ASSETS is not set"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
checkpoint=$COUNTERWEIGHT_ASSETS/models/all-MiniLM-L6-v2

. scripts/lib/python-with.sh
python_with onnx onnxruntime

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/counts
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_VERBOSITY=error

# Shows a check's lines, keeps its counts, and goes on when it fails. One without counts failed.
count() {
  local status=0
  "$@" >"$work/output" 2>"$work/errors" || status=$?
  cat "$work/output"
  if ! tail -n 1 "$work/output" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' >>"$log"; then
    tail -n 20 "$work/errors" | cut -c 1-200
    echo "0 passed, 1 failed, 0 skipped" >>"$log"
  elif [ "$status" -ne 0 ]; then
    tail -n 20 "$work/errors" | cut -c 1-200
  fi
}

"$python" "$here/make-checkpoints.py" "$work/checkpoints" 2>"$work/errors" ||
  { cat "$work/errors"; exit 1; }
models=(all-MiniLM-L6-v2 bert bert-mean distilbert distilbert-mean roberta roberta-mean)
node "$here/save-folders.mjs" "$work/saved" "$checkpoint" "$work"/checkpoints/*
folders=("${models[@]/#/$work/saved/}")

count "$python" "$here/check-python.py" "${folders[@]}"

libraries=$work/libraries
mkdir "$libraries"
cp "$here"/package.json "$here"/package-lock.json "$here"/*.mjs "$libraries"
cd "$libraries"
if retry npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
  count node check-transformers-js.mjs "${folders[@]}"
  count node check-transformers-js.mjs --xenova "${folders[@]}"
else
  echo "0 passed, 1 failed, 0 skipped" >>"$log"
fi

cd "$root"
ours=$work/ours
mkdir "$ours" "$ours/models"
ln -s "$root/node_modules" "$ours/node_modules"
ln -s "$checkpoint" "$ours/models/all-MiniLM-L6-v2"
ln -s "$work/saved/all-MiniLM-L6-v2" "$libraries/my-model"
count node "$here/run-snippets.mjs" docs/models.md \
  --python "$python" --libraries "$libraries" --ours "$ours"

awk '{ passed += $1; failed += $3; skipped += $5 }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' "$log"
