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
. "$here/steps.sh"

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
. "$work/commands.sh"
step ""
in_all "$began" "from nothing to an own plugin edited and live"
