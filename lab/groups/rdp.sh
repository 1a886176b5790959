# shellcheck shell=bash
# Group rdp: xrdp, which knows no NLA, in its three security layers, and
# FreeRDP's shadow server, which does.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

prepare_rdp() {
    need_programs xrdp freerdp-shadow-cli Xvfb || return 1
    certificate rdp rdp.lab.example rsa
}

start_rdp() {
    rm -rf "${RUN:?}/$1"
    mkdir -p "$RUN/$1"
    case $1 in
    xrdp-*) start_xrdp "$1" "${1#xrdp-}" ;;
    shadow-nla) start_shadow "$1" /sec:nla ;;
    shadow-tls) start_shadow "$1" /sec:tls ;;
    shadow-rdp) start_shadow "$1" /sec:rdp ;;
    shadow-any) start_shadow "$1" +sec-nla +sec-tls +sec-rdp ;;
    esac
}

start_xrdp() {
    fill "$LAB/rdp/xrdp.ini.in" "$1" | sed -e "s|@LAYER@|$2|" >"$RUN/$1/xrdp.ini"
    # The place of its pid file is compiled in, and one machine has it once.
    launch "$1" unshare --mount --propagation private sh -c \
        'mkdir -p /run/xrdp && mount -t tmpfs none /run/xrdp && exec "$@"' sh \
        xrdp --nodaemon --config "$RUN/$1/xrdp.ini"
}

# start_shadow UNIT OPTION...: a screen of its own to share (Xvfb, whichever
# display number is free, no TCP), and a user for NLA.
start_shadow() {
    local dir=$RUN/$1 unit=$1 addr
    shift
    addr=$(address "$unit")
    printf 'lab:::8846f7eaee8fb117ad06bdd830b7586c:::\n' >"$dir/sam"
    # shellcheck disable=SC2016
    launch "$unit" env HOME="$dir" sh -c '
        dir=$1; shift
        Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp -nolisten unix 3>"$dir/display" &
        tries=0
        until [ -s "$dir/display" ]; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || exit 1
            sleep 0.1
        done
        DISPLAY=:$(cat "$dir/display") exec "$@"' sh "$dir" \
        freerdp-shadow-cli "/bind-address:$addr" /port:3389 "/sam-file:$dir/sam" "$@"    # One at a time: two that look for a free number at once may find the same.
    for _ in {1..300}; do
        [ -s "$dir/display" ] && break
        sleep 0.05
    done
}
