#!/bin/sh
# From an odd receipt to a shipped fix: the ten-minute path, played against a simulated operator.
#
#   docs/plugins/ten-minutes.sh settings              the quirks plugin, which needs its settings changed and nothing built
#   docs/plugins/ten-minutes.sh rust | javascript     a plugin of one's own, made by `plugin new`
#
# An operator writes the ids of messages in hexadecimal, in its answers and in its receipts. At night its receipts turn to decimal, and
# no receipt finds its message any more. The script does by hand what the person on call does, with the commands that README.md tells,
# and prints what they print and how long each step takes. SMPP_CONNECTOR names the program; SHADOW how long the fix runs beside
# what it replaces (default 5s), KEEP=1 leaves the folder.
set -eu

way=${1:-settings}
program=${SMPP_CONNECTOR:-smpp-connector}
shadow=${SHADOW:-5s}
case $way in settings | rust | javascript) ;; *) echo "usage: $0 settings|rust|javascript" >&2; exit 64 ;; esac
command -v "$program" >/dev/null || { echo "$0: there is no $program; SMPP_CONNECTOR names it" >&2; exit 69; }
program=$(command -v "$program")

. "$(dirname "$0")/../steps.sh"
url=http://127.0.0.1:$http_port

# Says the command, and does it.
say() {
    printf '$ smpp-connector'
    for word in "$@"; do printf ' %s' "$word"; done
    printf '\n'
    "$program" "$@"
}

# Waits until a command is true, for a minute at most.
until_true() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            echo "$what: not within a minute" >&2
            exit 1
        fi
        sleep 0.2
    done
}

# Receipts of acme so far that came to this.
receipts() {
    curl -sf "$url/metrics" |
        awk -v series="smpp_connector_inbound_total{operator=\"acme\",result=\"$1\"}" '$1 == series { print int($2); n = 1 } END { if (!n) print 0 }'
}
at_least() { [ "$(receipts "$1")" -ge "$2" ]; }
bound() { curl -sf "$url/api/v1/operators/acme" 2>/dev/null | grep -q '"BOUND"'; }
says() { "$program" plugin status acme --json | grep -q "$1"; }

# Writes the operator's file, to be moved to its place: $1 is [policy] without its brackets.
operator_file() {
    cat >acme.toml <<TOML
operator_id = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001"
tps_limit = 100
unmatched_after = "2s"

[policy]
$1

[[session]]
host = "127.0.0.1"
port = $smsc_port
system_id = "user"
password = "secret"
TOML
}

cd "$work"
mkdir operators plugins
printf '[http]\nlisten = "127.0.0.1:%s"\n' "$http_port" >smpp-connector.toml

# The plugin as it is before that night leaves ids as they come; the fix is to take that line out again.
case $way in
rust) source=acme/src/lib.rs as_they_come='        return Ok(None); // Ids are what they are.' ;;
javascript) source=acme/plugin.js as_they_come='    return undefined; // Ids are what they are.' ;;
esac
if [ "$way" = settings ]; then
    operator_file 'plugin = "quirks"'
else
    step "some day: a plugin of one's own in $way, from nothing to its first green test"
    say plugin new acme --lang "$way"
    say plugin test acme
    step "some day: it leaves ids as they come"
    line=$(grep -n 'normalise(' "$source" | head -n 1 | cut -d : -f 1)
    sed -i "${line}a\\$as_they_come" "$source"
    rm acme/fixtures/*id*.json
    say plugin build acme --out plugins/acme.wasm
    operator_file 'plugin = "acme.wasm"'
fi
mv acme.toml operators/acme.toml

step "a quiet evening: an operator, a gateway, messages and their receipts"
"$program" sim --listen "127.0.0.1:$smsc_port" --profile hex --then turned-decimal >sim.log 2>&1 &
sim=$!
pids="$pids $sim"
"$program" run >run.log 2>gateway.log &
pids="$pids $!"
until_true "the gateway is bound" bound
traffic() {
    n=0
    while :; do
        n=$((n + 1))
        "$program" send --to "$(printf '+4915112%06d' "$n")" --from Acme 'Your parcel is on its way' >/dev/null 2>&1 || true
        sleep 0.1
    done
}
traffic &
pids="$pids $!"
until_true "receipts find their messages" at_least receipt 10
echo "receipts that found their messages: $(receipts receipt), that did not: $(receipts unmatched)"

step "02:41: receipts turn to decimal; the alert is a metric"
night=$(date +%s%N)
kill -USR1 "$sim"
until_true "receipts find no message" at_least unmatched 5
echo "smpp_connector_inbound_total{operator=\"acme\",result=\"unmatched\"} $(receipts unmatched)"

step "what does the gateway say of them?"
curl -sf "$url/api/v1/decisions?operator=acme&outcome=unmatched&limit=1" | tee unmatched.json
echo
grep -q decimal unmatched.json

step "capture: the calls behind them become fixtures"
say capture acme --hook message-ids --outcome unmatched --last 20 -o captured
cat "$(find captured -name '*.json' | head -n 1)"

laws=$(find captured -name '*same-key*' | wc -l)
echo "$laws of them say which ids are one"
[ "$laws" -gt 0 ]

if [ "$way" = settings ]; then
    step "fix: two words in the operator's file; new settings run beside the old ones for $shadow"
    operator_file "plugin = \"quirks\"
settings = { message_id = { submit_resp = \"hex\", receipt = \"decimal\" } }
shadow = \"$shadow\""
    diff operators/acme.toml acme.toml || true
    say quirks check acme.toml
    plugin=quirks
    set -- --settings @acme.toml
    step "test: the captured calls, with the settings that are and those that will be"
    if say plugin test quirks --fixtures captured --settings @operators/acme.toml; then
        echo "the old settings pass: then these captures show nothing" >&2
        exit 1
    fi
    say plugin test quirks --fixtures captured "$@"
else
    step "fix: one function, and the captured calls are fixtures from now on"
    sed -i '/Ids are what they are/d' "$source"
    grep -A 8 'normalise(' "$source" | head -n 9
    cp captured/*same-key*.json acme/fixtures/
    plugin=acme
    set --
    step "test: all fixtures, against the built component"
    say plugin test acme
fi

step "replay: what the fix makes of everything since 02:41"
# Of what was before, it would lose the receipts: those had other ids. Replay says so, and ends with 1.
# The last receipts of before were on their way then, for a moment.
since=$((($(date +%s%N) - night) / 1000000000 - 1))
say plugin replay "$plugin" --operator acme --last "${since}s" --show 3 "$@"

step "deploy: beside the old one for $shadow, then in its place"
if [ "$way" = settings ]; then
    mv acme.toml operators/acme.toml
    until_true "the new settings run beside the old ones" says '"stage": *"shadow"'
    say plugin status acme
    until_true "the new settings have taken over" says '"candidate": *null'
    say plugin status acme
else
    say plugin deploy acme --operator acme --shadow "$shadow" --promote
fi

step "healed: receipts find their messages again"
matched=$(receipts receipt)
until_true "receipts find their messages" at_least receipt $((matched + 20))
echo "receipts that found their messages: $(receipts receipt), that did not: $(receipts unmatched)"
healed=$(in_all "$night" "from 02:41 until receipts found their messages again")

step "rollback: one command, should the fix be wrong"
say plugin rollback acme
say plugin status acme

step ""
echo "$healed"
