# shellcheck shell=bash
# Group smb: one smbd per configuration in lab/smb, and impacket's smbserver.

prepare_smb() {
    need_programs smbd || return 1
    local address
    for address in $(rows group address | awk -F '\t' '$1 == "smb" && $2 ~ /:/ { print $2 }' | sort -u); do
        if ! ip -6 addr show dev lo | grep -q " $address/"; then
            ip -6 addr add "$address/128" dev lo nodad || return 1
            echo "$address" >>"$RUN/lo-added"
        fi
    done
}

start_smb() {
    case $1 in
    smb-impacket*) start_impacket "$1" ;;
    *) start_smbd "$1" ;;
    esac
}

start_smbd() {
    local dir=$RUN/$1 mask=8
    case $(address "$1") in *:*) mask=128 ;; esac
    mkdir -p "$dir"/{private,lock,state,cache,piddir,ncalrpc}
    # A NetBIOS name has 15 characters at most; SMB-NT1PLUS-MANDATORY has more.
    fill "$LAB/smb/common.conf" "$1" | sed -e "s|@MASK@|$mask|" -e "s|@NETBIOS@|LAB$(netbios_number "$1")|" >"$dir/smb.conf"
    fill "$LAB/smb/$1.conf" "$1" >>"$dir/smb.conf"
    launch "$1" smbd --foreground --no-process-group --configfile="$dir/smb.conf"
}

# netbios_number NAME: the last part of its address, as in 127.20.1.N.
netbios_number() { address "$1" | sed -e 's/.*\./-/' -e 's/.*:/-V6-/'; }

start_impacket() {
    local dialects=smb1
    case $1 in *smb2*) dialects=smb2 ;; esac
    launch "$1" /usr/bin/python3 "$LAB/smb/impacket-server.py" "$(address "$1")" \
        "$(rows name port | awk -F '\t' -v n="$1" '$1 == n { print $2; exit }')" $dialects "$RUN/$1"
}

cleanup_smb() {
    local address
    [ -f "$RUN/lo-added" ] || return 0
    while read -r address; do ip -6 addr del "$address/128" dev lo 2>/dev/null; done <"$RUN/lo-added"
    rm -f "$RUN/lo-added"
}
