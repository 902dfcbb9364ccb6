#!/usr/bin/env bash
# Writes requirements/*.txt anew from pyproject.toml and requirements/*.in.
# Needs uv (a one-off tool: `python -m venv .uv && .uv/bin/pip install uv`, then put it on PATH).
# One file serves Python 3.11 to 3.13 on Linux, macOS and Windows. Extra arguments go to uv
# (for example `--upgrade` or `--upgrade-package flask`).
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { # compile NAME EXTRA
  local name=$1 extra=$2
  shift 2
  uv pip compile pyproject.toml "requirements/$name.in" --extra "$extra" \
    --universal --python-version 3.11 --generate-hashes --no-strip-markers \
    --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "requirements/compile.sh" \
    --quiet --output-file "requirements/$name.txt" "$@"
}

compile local local "$@"
compile dev dev --constraints requirements/local.txt "$@"

# The image's lock, beside the starter's Dockerfile: Hipflask's own needs and the starter's, without
# Hipflask itself, in the versions that `local.txt` has.
grep -v '^hipflask' starter/requirements.txt | uv pip compile pyproject.toml - \
  --constraints requirements/local.txt --constraints requirements/dev.txt \
  --universal --python-version 3.11 --generate-hashes --no-strip-markers \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-emit-package hipflask \
  --custom-compile-command "requirements/compile.sh" \
  --quiet --output-file starter/requirements.lock "$@"
