# shellcheck shell=bash
# What every lab script shares: where things are, how the inventory is read,
# how a server is started as a process of ours, and how exactly that process
# is found again. Sourced, never run.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RUN=${LAB_RUN:-$LAB/run}
if [ -L "$RUN" ]; then RUN=$(readlink -f "$RUN"); fi
CACHE=$RUN/cache
INVENTORY=$LAB/inventory.tsv
# shellcheck disable=SC2034 # for the scripts that source this
GROUPS_ALL="smb dc http ldap mail rdp mssql dc422"
umask 022
WAIT_SECONDS=${LAB_WAIT:-90}

say() { printf '%s\n' "$*"; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: the servers take ports below 1024"; }

# need_programs NAME...: are they installed?
need_programs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || { say "no $program: run lab/install"; return 1; }
    done
}

# rows COLUMN...: the named columns of every inventory row, tab-separated.
# Comment lines and the header are left out.
rows() {
    awk -F '\t' -v want="$*" '
        /^#/ || NF == 0 { next }
        !head { for (i = 1; i <= NF; i++) at[$i] = i; n = split(want, w, " "); head = 1; next }
        { for (i = 1; i <= n; i++) printf "%s%s", $(at[w[i]]), (i < n ? "\t" : "\n") }' "$INVENTORY"
}

# servers GROUP: the names of a group, each once, in inventory order.
servers() { rows group name | awk -F '\t' -v g="$1" '$1 == g && !seen[$2]++ { print $2 }'; }

# units GROUP: the processes behind a group (one Apache serves many servers).
units() { rows group unit | awk -F '\t' -v g="$1" '$1 == g && !seen[$2]++ { print $2 }'; }

# address NAME and sockets NAME: where a server listens ("ADDR:PORT", IPv6 in brackets).
address() { rows name address | awk -F '\t' -v n="$1" '$1 == n { print $2; exit }'; }
sockets() {
    rows name address port | awk -F '\t' -v n="$1" '
        $1 == n { a = $2 ~ /:/ ? "[" $2 "]" : $2; s = a ":" $3; if (!seen[s]++) print s }'
}

unit_of() { rows name unit | awk -F '\t' -v n="$1" '$1 == n { print $2; exit }'; }

# ---- processes --------------------------------------------------------------

# born PID: the start time the kernel gives a process, empty when it is gone or
# a zombie. A pid alone could have been given to somebody else since.
born() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    stat=${stat##*) }
    # shellcheck disable=SC2086 # fields of /proc/PID/stat, meant to be split
    set -- $stat
    if [ "$1" != Z ]; then printf '%s' "${20}"; fi
}

# launch UNIT COMMAND...: run it in a session of its own, in the foreground of
# that session, so that the session's id is all that is needed to end it and
# whatever it forked.
launch() {
    local unit=$1 pid
    shift
    mkdir -p "$RUN/$unit"
    setsid "$@" </dev/null >>"$RUN/$unit/out.log" 2>&1 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(born "$pid")" >"$RUN/$unit/pid"
}

# launch_apart UNIT FOLDER [--pid] COMMAND...: launch it with an empty FOLDER of
# its own in place of the machine's, for servers whose socket or pid file has a
# compiled-in place; with --pid in a process namespace too, so that helpers that
# leave its session end with it. In a chroot "/" may be no mount point and cannot
# be made private; then the mount is made all the same.
launch_apart() {
    local unit=$1 folder=$2 apart=(--mount --propagation unchanged)
    shift 2
    if [ "$1" = --pid ]; then apart+=(--pid --fork --kill-child=TERM); shift; fi
    # shellcheck disable=SC2016
    launch "$unit" unshare "${apart[@]}" sh -c '
        mount --make-rprivate / 2>/dev/null
        [ $$ != 1 ] || mount -t proc proc /proc
        folder=$1; shift
        mkdir -p "$folder" && mount -t tmpfs -o mode=1777 none "$folder" && exec "$@"' sh "$folder" "$@"
}

# alive UNIT: does the very process we started still run?
alive() {
    local pid started
    read -r pid started 2>/dev/null <"$RUN/$1/pid" || return 1
    [ -n "$started" ] && [ "$(born "$pid")" = "$started" ]
}

# family PID: the process, its session and everything below either, zombies left
# out. Samba's helpers take sessions of their own, so neither test is enough.
family() {
    ps -e -o pid=,ppid=,sid=,stat= | awk -v root="$1" '
        { pid[NR] = $1; parent[$1] = $2; session[$1] = $3; state[$1] = $4 }
        END {
            ours[root] = 1
            for (grew = 1; grew;) {
                grew = 0
                for (i = 1; i <= NR; i++) {
                    p = pid[i]
                    if (!ours[p] && (ours[parent[p]] || session[p] == root)) { ours[p] = 1; grew = 1 }
                }
            }
            for (i = 1; i <= NR; i++) if (ours[pid[i]] && state[pid[i]] !~ /^Z/) print pid[i]
        }'
}

# halt UNIT...: end what these units started: TERM to all, then a bounded wait,
# then KILL to what is left. Every process is remembered with its start time, so
# that a number given to somebody else meanwhile is never hit.
halt() {
    local unit pid started left=() still
    for unit in "$@"; do
        alive "$unit" || continue
        read -r pid _ <"$RUN/$unit/pid"
        for pid in $(family "$pid"); do left+=("$pid:$(born "$pid")"); done
    done
    for pid in "${left[@]}"; do kill -TERM "${pid%:*}" 2>/dev/null; done
    for _ in {1..50}; do
        still=()
        for pid in "${left[@]}"; do
            started=${pid#*:}
            [ -n "$started" ] && [ "$(born "${pid%:*}")" = "$started" ] && still+=("$pid")
        done
        left=("${still[@]}")
        [ ${#left[@]} -gt 0 ] || break
        sleep 0.1
    done
    for pid in "${left[@]}"; do kill -KILL "${pid%:*}" 2>/dev/null; done
    for unit in "$@"; do
        [ -f "$RUN/$unit/pid" ] || continue
        rm -f "$RUN/$unit/pid"
        say "stopped $unit"
    done
}

# listening: every TCP socket that listens, as "ADDR:PORT", one a line.
listening() { ss -Hltn | awk '{ print $4 }'; }

# ready "SOCKET..." " LISTENING... ": do all these sockets listen?
ready() {
    local sockets=$1 socket
    for socket in $sockets; do
        case $2 in *" $socket "*) ;; *) return 1 ;; esac
    done
}

# await NAME...: print a line for each server as it becomes ready; fail when one
# of them dies or does not listen in time.
await() {
    local name unit now waiting=("$@") next failed=0 end=$((SECONDS + WAIT_SECONDS))
    local -A where behind
    for name in "$@"; do
        where[$name]=$(sockets "$name" | paste -sd " ")
        behind[$name]=$(unit_of "$name")
    done
    while [ ${#waiting[@]} -gt 0 ]; do
        now=" $(listening | tr '\n' ' ')"
        next=()
        for name in "${waiting[@]}"; do
            unit=${behind[$name]}
            if ! alive "$unit"; then
                say "FAILED  $name: $unit ended, see $RUN/$unit/"
                failed=1
            elif ready "${where[$name]}" "$now"; then
                say "ready   $name ${where[$name]}"
            elif [ $SECONDS -ge $end ]; then
                say "FAILED  $name: not listening on ${where[$name]} after ${WAIT_SECONDS}s, see $RUN/$unit/"
                failed=1
            else
                next+=("$name")
            fi
        done
        waiting=("${next[@]}")
        if [ ${#waiting[@]} -gt 0 ]; then sleep 0.1; fi
    done
    return $failed
}

# fill FILE NAME: a template on standard output with @RUN@ (the unit's own
# folder), @LAB@, @CACHE@, @NAME@ and @ADDR@ filled in.
fill() {
    sed -e "s|@RUN@|$RUN/$2|g" -e "s|@LAB@|$LAB|g" -e "s|@CACHE@|$CACHE|g" \
        -e "s|@NAME@|$2|g" -e "s|@ADDR@|$(address "$2")|g" "$1"
}

# reachable DIR: can an account that owns nothing walk down to it? Apache, nginx,
# squid, Dovecot and Exim give up root.
reachable() {
    local dir=$1
    while [ "$dir" != / ]; do
        case $(stat -c %A "$dir") in *x | *t) ;; *) return 1 ;; esac
        dir=$(dirname "$dir")
    done
}

# settle: make the run folder. A clone under /root, or one so deep that the names
# of sockets would not fit, gets a folder elsewhere and a link to it.
settle() {
    [ -d "$RUN" ] && return 0
    if [ -z "${LAB_RUN:-}" ] && { [ ${#LAB} -gt 60 ] || ! reachable "$LAB"; }; then
        RUN=/var/tmp/signet-lab-$(printf %s "$LAB" | cksum | cut -d' ' -f1)
        ln -sfn "$RUN" "$LAB/run"
        CACHE=$RUN/cache
    fi
    mkdir -p "$RUN" || die "cannot make $RUN"
}

# lock: one lab script at a time, however many terminals call it.
lock() {
    settle
    exec 9>"$RUN/lock"
    flock -w 300 9 || die "another lab script has held $RUN/lock for five minutes"
}
