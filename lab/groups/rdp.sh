# shellcheck shell=bash
# Group rdp: xrdp, which knows no NLA, in its three security layers, and
# FreeRDP's shadow server, which does.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

prepare_rdp() {
    need_programs xrdp freerdp-shadow-cli Xvfb xdpyinfo || return 1
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

# start_shadow UNIT OPTION...: a screen of its own to share (Xvfb, no TCP), and a
# user for NLA.
start_shadow() {
    local dir=$RUN/$1 unit=$1 screen addr
    shift
    addr=$(address "$unit")
    screen=:$((2000 + ${addr##*.}))
    printf 'lab:::8846f7eaee8fb117ad06bdd830b7586c:::\n' >"$dir/sam"
    # shellcheck disable=SC2016
    launch "$unit" env HOME="$dir" sh -c '
        screen=$1; shift
        Xvfb "$screen" -screen 0 640x480x24 -nolisten tcp -nolisten unix &
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            xdpyinfo -display "$screen" >/dev/null 2>&1 && break
            sleep 0.1
        done
        DISPLAY=$screen exec "$@"' sh "$screen" \
        freerdp-shadow-cli "/bind-address:$addr" /port:3389 "/sam-file:$dir/sam" "$@"
}
