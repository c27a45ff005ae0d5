#!/usr/bin/env bash
# Sees to it that the browser tests find a Chromium: the system's if there, else Debian's by apt-get
# when this user may install it. Where neither is possible the tests skip, each saying why; on a build
# machine (CI=true) that is a failure, because a skipped gate is no gate.
set -euo pipefail

found() {
    [[ -n "${COMMENTS_TEST_CHROMIUM:-}" ]] || command -v chromium chromium-browser google-chrome >/dev/null
}

if found; then
    exit 0
fi
if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    echo "No Chromium here: installing it for the browser tests." >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends chromium fonts-liberation; } \
        >&2 || true
fi
if ! found; then
    echo "WARNING: no Chromium. The browser tests will be skipped; install chromium to run them." >&2
    [[ "${CI:-}" != true ]]
fi
