#!/bin/sh
# GraphQL-over-HTTP audits and schema fuzzing against a running gateway:
#   tests/audit/run.sh [URL] [CASES]
# URL is http://127.0.0.1:8000/graphql unless said otherwise; CASES is how many operations
# schemathesis makes up (1000). The fuzzing runs mutations too: point it at a demo, not at real data.
# Needs Node.js 20 or newer and npm (the audits are an npm package), and the project's .venv.
set -eu
url=${1:-http://127.0.0.1:8000/graphql}
cases=${2:-1000}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-$here/../../.venv/bin/python}

command -v npm >/dev/null 2>&1 || {
  echo "audit: npm was not found; install Node.js 20 or newer and run this again." >&2
  exit 1
}
if [ ! -d "$here/node_modules/graphql-http" ]; then
  (cd "$here" && npm ci --silent --no-fund --no-audit)
fi
node "$here/audit.js" "$url"
"$python" "$here/fuzz.py" "$url" "$cases"
