#!/bin/sh
# Runs a command in Jalon's Python environment, from the root of the checkout: deploy/run.sh python -m pytest
# The environment is made the first time; its caches stay outside the tree.
set -eu
cd "$(dirname "$0")/.."

python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 ou plus est nécessaire : l'installer (Debian : apt install python3 python3-venv), puis relancer." >&2
    exit 1
fi

found=$("$python" -B -m deploy.environment)
eval "$found"

export PATH="$VENV/bin:$PATH"
export PYTHONPATH="$PWD:$PWD/protos/gen"
export PYTHONPYCACHEPREFIX="$CACHES/pycache"
export MYPY_CACHE_DIR="$CACHES/mypy"
export RUFF_CACHE_DIR="$CACHES/ruff"
export JALON_CACHES="$CACHES"
exec "$@"
