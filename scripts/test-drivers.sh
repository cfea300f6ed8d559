#!/usr/bin/env bash
# The tests of both SQLite adapters over `better-sqlite3`. It is stricter than `libsql`, which `npm test` uses, and where no
# prebuilt file of it is at hand it is compiled, which takes a minute and a C++ compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-fund --no-audit better-sqlite3@12.11.1
export SQLITE_DRIVER="$folder/node_modules/better-sqlite3/lib/index.js"
node_modules/.bin/vitest run --project unit test/adapters/storage/sqlite test/adapters/server-store/sqlite
