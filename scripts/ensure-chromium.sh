#!/usr/bin/env bash
# The browser tests need a Chromium. Uses the one that is there, else installs Debian's; fails when it can do neither.
set -uo pipefail

found() {
  [ -x "${CHROMIUM_PATH:-}" ] && return 0
  for candidate in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    [ -x "$candidate" ] && return 0
  done
  return 1
}

found && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  for attempt in 1 2 3; do
    apt-get -o DPkg::Lock::Timeout=600 update -qq &&
      apt-get -o DPkg::Lock::Timeout=600 install -y -qq chromium >/dev/null && break
    echo "installing Chromium: attempt $attempt failed" >&2
    sleep 5
  done
fi

found && exit 0
echo 'No Chromium found, and the tests need one. Install it (apt-get install chromium) or set CHROMIUM_PATH.' >&2
exit 1
