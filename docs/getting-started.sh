#!/bin/sh
# Plays docs/getting-started.md: every command in it, in order, in an empty folder. Prints what they print, and how long each step takes.
#
#   docs/getting-started.sh                                     from a clone of this repository and its release build on
#   SMPP_CONNECTOR=target/release/smpp-connector docs/getting-started.sh       with a program that is there: no clone, no build
#
# REPOSITORY names what is cloned (default: the repository that this file is in), KEEP=1 leaves the folder.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
guide=$here/getting-started.md
REPOSITORY=${REPOSITORY:-$(dirname "$here")}
export REPOSITORY
work=$(mktemp -d)
# Below those that the system gives to whoever asks for any.
http_port=$((10000 + $$ % 10000))
smsc_port=$((http_port + 10000))
operator=
gateway=
title=
summary=

seconds() { awk "BEGIN { printf \"%.1f\", ($2 - $1) / 1e9 }"; }

# Ends the step before, and begins the next.
step() {
    now=$(date +%s%N)
    if [ -n "$title" ]; then
        summary="$summary$(printf '%8s s  %s' "$(seconds "$last" "$now")" "$title")
"
    fi
    last=$now
    title=$1
    [ -z "$title" ] || printf '\n=== %s s: %s\n' "$(seconds "$began" "$now")" "$title"
}

finish() {
    status=$?
    trap - EXIT
    for pid in $gateway $operator; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        echo "--- it ended in: $title (exit code $status)"
        tail -n 30 "$work"/*/acme-gateway/gateway.log "$work/acme-gateway/gateway.log" 2>/dev/null || true
    fi
    if [ -n "${KEEP:-}" ]; then echo "everything is in $work"; else rm -rf "$work"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

skips_install=
if [ -n "${SMPP_CONNECTOR:-}" ]; then
    skips_install=1
    mkdir "$work/bin"
    ln -s "$(command -v "$SMPP_CONNECTOR")" "$work/bin/smpp-connector"
    PATH="$work/bin:$PATH"
    export PATH
fi

# The headings become steps, the commands are shown and done. Ports are free ones.
awk -v skips_install="$skips_install" '
    /^## / { title = substr($0, 4); gsub(/\047/, "\047\\\047\047", title); pending = "step \047" title "\047" }
    /^```$/ && code { code = 0; printf "cat <<\047END-OF-SHOWN\047\n%sEND-OF-SHOWN\n%s", shown, commands; next }
    code { shown = shown "$ " $0 "\n"; commands = commands $0 "\n" }
    /^```sh install$/ && skips_install { next }
    /^```sh/ { code = 1; shown = ""; commands = ""; if (pending) print pending; pending = "" }
' "$guide" | sed -e "s/127\.0\.0\.1:8080/127.0.0.1:$http_port/g" -e "s/127\.0\.0\.1:2775/127.0.0.1:$smsc_port/g" \
    -e "s/^port = 2775/port = $smsc_port/" >"$work/commands.sh"

cd "$work"
began=$(date +%s%N)
last=$began
. "$work/commands.sh"
step ""
echo
echo "seconds per step:"
printf '%s' "$summary"
printf '%8s s  from nothing to an own plugin edited and live\n' "$(seconds "$began" "$(date +%s%N)")"
