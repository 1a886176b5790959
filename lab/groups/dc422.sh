# shellcheck shell=bash
# Group dc422: Samba 4.22 as AD domain controllers, which do look at channel
# bindings. Debian 12 has no such Samba: a Debian 13 folder is bootstrapped into
# the cache once, from the mirror this machine's own apt uses (or
# LAB_DEBIAN_MIRROR), and the controllers run in it.
# shellcheck source=dc.sh
. "$LAB/groups/dc.sh"

TRIXIE=$CACHE/trixie

# mirror: where this machine gets Debian from, read now and written nowhere.
mirror() {
    if [ -n "${LAB_DEBIAN_MIRROR:-}" ]; then printf '%s\n' "$LAB_DEBIAN_MIRROR"; return; fi
    # shellcheck disable=SC2016 # apt's own placeholders
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -1
}

# inside COMMAND...: run it in the folder, with /proc, in a mount namespace that
# leaves nothing mounted behind.
inside() {
    # shellcheck disable=SC2016
    unshare --mount --propagation unchanged sh -c '
        mount --make-rprivate / 2>/dev/null
        root=$1; shift
        mount -t proc proc "$root/proc" && mount -t tmpfs none "$root/run" && exec chroot "$root" "$@"' \
        sh "${1:?}" "${@:2}"
}

bootstrap_trixie() {
    local from work=$CACHE/trixie.work log=$CACHE/trixie.log
    [ -d "$TRIXIE" ] && return 0
    need_programs debootstrap || return 1
    from=$(mirror)
    [ -n "$from" ] || { say "no Debian mirror in this machine's apt sources; set LAB_DEBIAN_MIRROR"; return 1; }
    say "building the Debian 13 folder, once (a minute or two)"
    rm -rf --one-file-system "$work"
    mkdir -p "$work"
    {
        debootstrap --variant=minbase --include=ca-certificates trixie "$work" "$from" &&
            cp -a /etc/apt/apt.conf.d/. "$work/etc/apt/apt.conf.d/" &&
            cp /etc/resolv.conf "$work/etc/resolv.conf" &&
            printf '#!/bin/sh\nexit 101\n' >"$work/usr/sbin/policy-rc.d" &&
            chmod 755 "$work/usr/sbin/policy-rc.d" &&
            inside "$work" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
                samba-ad-dc samba-ad-provision winbind python3-samba &&
            inside "$work" apt-get clean
    } >"$log" 2>&1 || { say "Debian 13 folder failed, see $log"; return 1; }
    mv "$work" "$TRIXIE"
}

# provision422 UNIT: as for 4.17, with the folder's own samba-tool; kept in /kept/UNIT there.
provision422() {
    local kept=$TRIXIE/kept/$1
    [ -d "$kept" ] && return 0
    rm -rf "$kept.work"
    mkdir -p "$kept.work"
    : >"$kept.work/empty.conf"
    inside "$TRIXIE" samba-tool domain provision --configfile="/kept/$1.work/empty.conf" --targetdir="/kept/$1.work" \
        --realm=LAB.EXAMPLE --domain=LAB --server-role=dc --dns-backend=NONE \
        --host-name="$(dc_host "$1")" --host-ip="$(address "$1")" --adminpass="$LAB_PASSWORD" \
        --option="interfaces=$(address "$1")/8" --option="bind interfaces only=yes" \
        --option="ldb:nosync=yes" >"$CACHE/dc/$1.log" 2>&1 && mv "$kept.work" "$kept"
}

prepare_dc422() {
    mkdir -p "$CACHE/dc"
    bootstrap_trixie || return 1
    local unit jobs=()
    for unit in $(units dc422); do
        provision422 "$unit" &
        jobs+=($!)
    done
    for unit in "${jobs[@]}"; do wait "$unit" || { say "provisioning failed, see $CACHE/dc/*.log"; return 1; }; done
    certificate dc422-yes dc11.lab.example rsa && certificate dc422-sasl dc12.lab.example rsa512 &&
        certificate dc422-no dc13.lab.example ec256
}

start_dc422() {
    local dir=$TRIXIE/lab/$1 strong=yes
    case $1 in
    dc422-sasl) strong=allow_sasl_without_tls_channel_bindings ;;
    dc422-no) strong=no ;;
    esac
    rm -rf "$dir" "${RUN:?}/$1"
    mkdir -p "$dir" "$RUN/$1"
    cp -a "$TRIXIE/kept/$1/." "$dir/"
    mkdir -p "$dir"/{cache,piddir,ncalrpc,ntp,tls}
    cp "$CACHE/tls/$1.pem" "$CACHE/tls/$1.key" "$CACHE/tls/ca.pem" "$dir/tls/"
    chmod 600 "$dir/tls/$1.key"
    RUN=/lab fill "$LAB/dc/smb.conf.in" "$1" | sed -e "s|@HOST@|$(dc_host "$1" | tr '[:lower:]' '[:upper:]')|" \
        -e "s|@STRONGAUTH@|$strong|" -e "s|@TLS@|yes|" -e "s|@TLSCERT@|/lab/$1/tls/$1.pem|" \
        -e "s|@TLSKEY@|/lab/$1/tls/$1.key|" -e "s|@TLSCA@|/lab/$1/tls/ca.pem|" >"$dir/smb.conf"
    ln -s "$dir/log" "$RUN/$1/log"
    # shellcheck disable=SC2016
    launch "$1" unshare --mount --propagation unchanged --pid --fork --kill-child=TERM sh -c '
        mount --make-rprivate / 2>/dev/null
        root=$1; shift
        mount -t proc proc "$root/proc" && mount -t tmpfs none "$root/run" && mkdir -p "$root/run/samba" &&
            exec chroot "$root" "$@"' sh "$TRIXIE" \
        samba --foreground --no-process-group --model=single --configfile="/lab/$1/smb.conf"
}
