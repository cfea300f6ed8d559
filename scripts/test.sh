#!/usr/bin/env bash
# Everything that must hold, cheapest first, tests last. The very last line is `N passed, N failed, N skipped`,
# also when a step before the tests fails: a step that fails counts as one failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/node_modules/.bin:$PATH"

CLOSING_LINE_FILE=$(mktemp)
export CLOSING_LINE_FILE

closing_line() {
  local code=$?
  local line
  line=$(cat "$CLOSING_LINE_FILE")
  rm -f "$CLOSING_LINE_FILE"
  if [ "$code" != 0 ]; then
    case "$line" in
      '') line='0 passed, 1 failed, 0 skipped' ;;
      *', 0 failed,'*) line=${line/, 0 failed,/, 1 failed,} ;;
    esac
  fi
  printf '\n%s\n' "$line"
  exit "$code"
}
trap closing_line EXIT

step() {
  printf '\n== %s (%ss)\n' "$1" "$SECONDS"
  shift
  "$@"
}

step 'chromium' bash scripts/ensure-chromium.sh
step 'typecheck' npm run -s typecheck
step 'lint' npm run -s lint
step 'build' npm run -s build -- --silent
step 'package' npm run -s check:package
step 'docs' npm run -s docs -- --logLevel Warn
step 'tests' vitest run
