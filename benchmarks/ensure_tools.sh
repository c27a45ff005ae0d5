#!/usr/bin/env bash
# Sees to it that the benchmarks find wrk and nginx: the system's if there, else Debian's by apt-get when
# this user may install them. Where neither is possible it fails: there would be nothing to compare with.
set -euo pipefail

PATH="$PATH:/usr/sbin"

found() {
    command -v wrk >/dev/null && command -v nginx >/dev/null
}

if found; then
    exit 0
fi
if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    echo "No wrk or no nginx here: installing them for the benchmarks." >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends wrk nginx-light; } >&2 || true
fi
if ! found; then
    echo "The benchmarks of reads need wrk and nginx." >&2
    exit 1
fi
