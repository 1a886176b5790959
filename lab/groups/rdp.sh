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
    launch_apart "$1" /run/xrdp xrdp --nodaemon --config "$RUN/$1/xrdp.ini"
}

# start_shadow UNIT OPTION...: a screen of its own to share, and a user for NLA.
# The screen's socket is in a /tmp/.X11-unix of its own and takes no lock, so
# that no other X server of the machine is in the way.
start_shadow() {
    local dir=$RUN/$1 unit=$1 addr
    shift
    addr=$(address "$unit")
    printf 'lab:::8846f7eaee8fb117ad06bdd830b7586c:::\n' >"$dir/sam"
    # shellcheck disable=SC2016
    launch_apart "$unit" /tmp/.X11-unix env HOME="$dir" sh -c '
        screen=$1; shift
        Xvfb ":$screen" -screen 0 640x480x24 -noreset -nolock -nolisten tcp -nolisten local &
        tries=0
        until [ -S "/tmp/.X11-unix/X$screen" ]; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || exit 1
            sleep 0.1
        done
        DISPLAY=:$screen exec "$@"' sh "$((2000 + ${addr##*.}))" \
        freerdp-shadow-cli "/bind-address:$addr" /port:3389 "/sam-file:$dir/sam" "$@"
}
