# The frame of the scripts here that play a story, for them to read: a folder of its own, free ports, steps with their times, and an
# end that leaves nothing behind and tells where it ended badly. KEEP=1 leaves the folder. What runs then is named by
# `pids`, or is called `gateway` and `operator`.

work=$(mktemp -d)
# Below those that the system gives to whoever asks for any.
http_port=$((10000 + $$ % 10000))
smsc_port=$((http_port + 10000))
began=$(date +%s%N)
last=$began
title=
summary=
pids=
gateway=
operator=

seconds() { awk "BEGIN { printf \"%.1f\", ($2 - $1) / 1e9 }"; }

# Ends the step before, and begins the next; without a title it ends the last one, and says how long each took.
step() {
    now=$(date +%s%N)
    if [ -n "$title" ]; then
        summary="$summary$(printf '%8s s  %s' "$(seconds "$last" "$now")" "$title")
"
    fi
    last=$now
    title=$1
    if [ -n "$title" ]; then
        printf '\n=== %s s: %s\n' "$(seconds "$began" "$now")" "$title"
    else
        printf '\nseconds per step:\n%s' "$summary"
    fi
}

# Says how long something took that is more than a step: since when, and what.
in_all() { printf '%8s s  %s\n' "$(seconds "$1" "$(date +%s%N)")" "$2"; }

finish() {
    status=$?
    trap - EXIT
    for pid in $pids $gateway $operator; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        echo "--- it ended in: $title (exit code $status)"
        find "$work" -name gateway.log -exec tail -n 30 {} +
    fi
    if [ -n "${KEEP:-}" ]; then echo "everything is in $work"; else rm -rf "$work"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
