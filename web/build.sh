#!/bin/sh
# Build the pages that the gateway serves into gateway/static. Needs Node.js 20.19 or newer, and npm.
# The built files are committed: who only runs the gateway never runs this.
set -eu
cd "$(dirname "$0")/graphiql"
command -v npm >/dev/null 2>&1 || {
  echo "web/build.sh: npm was not found; install Node.js 20.19 or newer and run this again." >&2
  exit 1
}
npm ci --no-fund --no-audit --loglevel=error
npm run --silent build
# Monaco bundles code of others without saying so in its package's licence.
cp node_modules/monaco-editor/ThirdPartyNotices.txt ../../gateway/static/graphiql/MONACO-NOTICES.txt
