# shellcheck shell=bash
# Group dc: Samba 4.17 as AD domain controllers, one for each setting of
# `ldap server require strong auth`, and one without TLS. They share the name of
# their domain and nothing else: each is a domain of its own, so that each has
# its own host name without the time a join takes.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

LAB_PASSWORD=Signet-Lab-1

dc_host() { printf 'dc%s' "$(address "$1" | sed 's/.*\.//')"; }

# provision UNIT: make the domain once and keep it in the cache.
provision() {
    local kept=$CACHE/dc/$1 work=$CACHE/dc/$1.work host
    [ -d "$kept" ] && return 0
    host=$(dc_host "$1")
    rm -rf "$work"
    mkdir -p "$work"
    # An empty smb.conf: provisioning must not read the machine's own.
    : >"$work/empty.conf"
    samba-tool domain provision --configfile="$work/empty.conf" --targetdir="$work" \
        --realm=LAB.EXAMPLE --domain=LAB --server-role=dc --dns-backend=NONE \
        --host-name="$host" --host-ip="$(address "$1")" --adminpass="$LAB_PASSWORD" \
        --option="interfaces=$(address "$1")/32" --option="bind interfaces only=yes" \
        --option="ldb:nosync=yes" >"$CACHE/dc/$1.log" 2>&1 || return 1
    if [ "$1" = dc-no ]; then service_account "$work" || return 1; fi
    mv "$work" "$kept"
}

# service_account FOLDER: the account whose key the Kerberos-only web servers
# hold (lab/groups/http.sh derives the same key from the same password).
service_account() {
    samba-tool user create web-svc "$LAB_PASSWORD" --configfile="$1/etc/smb.conf" -H "$1/private/sam.ldb" &&
        samba-tool spn add HTTP/web.lab.example web-svc --configfile="$1/etc/smb.conf" -H "$1/private/sam.ldb"
} >>"$CACHE/dc/service-account.log" 2>&1

prepare_dc() {
    need_programs samba samba-tool || return 1
    mkdir -p "$CACHE/dc"
    local unit jobs=()
    for unit in $(units dc); do
        provision "$unit" &
        jobs+=($!)
    done
    for unit in "${jobs[@]}"; do wait "$unit" || { say "provisioning failed, see $CACHE/dc/*.log"; return 1; }; done
    certificate dc-yes dc1.lab.example rsa && certificate dc-sasl dc2.lab.example rsa384 &&
        certificate dc-no dc3.lab.example ec384
}

start_dc() {
    local dir=$RUN/$1 strong=yes tls=yes model=single
    case $1 in
    dc-sasl) strong=allow_sasl_over_tls ;;
    dc-no) strong=no ;;
    # 4.17 without TLS crashes on StartTLS (a null pointer, not a refusal); with a
    # process per connection only that connection is lost.
    dc-notls) strong=no tls=no model=standard ;;
    esac
    # Always from the cache: what a test did to a domain is gone at the next start.
    rm -rf "$dir"
    mkdir -p "$dir"
    cp -a "$CACHE/dc/$1/." "$dir/"
    mkdir -p "$dir"/{cache,piddir,ncalrpc,ntp}
    fill "$LAB/dc/smb.conf.in" "$1" | sed -e "s|@HOST@|$(dc_host "$1" | tr '[:lower:]' '[:upper:]')|" -e "s|@STRONGAUTH@|$strong|" \
        -e "s|@TLS@|$tls|" -e "s|@TLSCERT@|$CACHE/tls/$1.pem|" -e "s|@TLSKEY@|$CACHE/tls/$1.key|" \
        -e "s|@TLSCA@|$CACHE/tls/ca.pem|" >"$dir/smb.conf"
    # winbindd's socket has a compiled-in place that one machine has once: each
    # controller gets a /run/samba of its own. Its helpers take sessions of their
    # own and outlive a crash: a process namespace ends them with it.
    launch_apart "$1" /run/samba --pid samba --foreground --no-process-group --model=$model --configfile="$dir/smb.conf"
}
