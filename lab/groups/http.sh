# shellcheck shell=bash
# Group http: three Apaches (plain, one that says IIS, one that says HTTPAPI) with
# real NTLM and Kerberos, nginx, and squid. A unit serves many addresses.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

prepare_http() {
    need_programs apache2 nginx squid ktutil || return 1
    certificate http web.lab.example && certificate http-self self.lab.example self &&
        certificate http-sha1 old.lab.example sha1 && kerberos_key
}

# kerberos_key: the key of HTTP/web.lab.example, derived from the account's
# password and the salt a domain would use. A ticket from dc-no opens with it,
# yet no domain has to run for the web servers to start.
kerberos_key() {
    local keytab=$CACHE/http.keytab
    if [ ! -s "$keytab" ]; then
        rm -f "$keytab.new"
        cat >"$CACHE/ktutil.in" <<KEYS
addent -password -p HTTP/web.lab.example@LAB.EXAMPLE -k 2 -e aes256-cts-hmac-sha1-96 -s LAB.EXAMPLEweb-svc
Signet-Lab-1
addent -password -p HTTP/web.lab.example@LAB.EXAMPLE -k 2 -e arcfour-hmac
Signet-Lab-1
write_kt $keytab.new
KEYS
        ktutil <"$CACHE/ktutil.in" >"$CACHE/ktutil.log" 2>&1
        rm -f "$CACHE/ktutil.in"
        [ -s "$keytab.new" ] || { say "ktutil wrote no keytab, see $CACHE/ktutil.log"; return 1; }
        mv "$keytab.new" "$keytab"
    fi
    chgrp www-data "$keytab" && chmod 640 "$keytab"
    # Where a client (kinit, curl --negotiate) finds the lab's realm.
    cat >"$CACHE/krb5.conf" <<CONF
[libdefaults]
default_realm = LAB.EXAMPLE
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
LAB.EXAMPLE = {
    kdc = 127.20.2.3
}
[domain_realm]
web.lab.example = LAB.EXAMPLE
CONF
}

start_http() {
    case $1 in
    nginx) start_nginx ;;
    squid*) start_squid "$1" ;;
    *) start_apache "$1" ;;
    esac
}

start_apache() {
    local dir=$RUN/$1
    rm -rf "$dir"
    mkdir -p "$dir/htdocs"
    printf '<html><head><title>%s</title></head><body>lab</body></html>\n' "$1" >"$dir/htdocs/index.html"
    printf '<html><head><title>401 - Unauthorized</title></head></html>\n' >"$dir/htdocs/401.html"
    # user "lab", for Basic, Digest and NTLM alike
    printf 'lab:{SHA}%s\n' "$(printf %s Signet-Lab-1 | openssl dgst -sha1 -binary | base64)" >"$dir/htpasswd"
    printf 'lab:LAB, NTLM:%s\n' "$(printf %s 'lab:LAB, NTLM:Signet-Lab-1' | md5sum | cut -d' ' -f1)" >>"$dir/htpasswd"
    printf 'LAB:lab:Signet-Lab-1\n' >"$dir/ntlm-users"
    chgrp www-data "$dir/htpasswd" "$dir/ntlm-users" && chmod 640 "$dir/htpasswd" "$dir/ntlm-users"
    cat "$LAB/http/common.conf" "$LAB/http/$1.conf" >"$dir/template"
    fill "$dir/template" "$1" >"$dir/apache.conf"
    rm -f "$dir/template" "$dir/apache.pid"
    launch "$1" env NTLM_USER_FILE="$dir/ntlm-users" NETBIOS_COMPUTER_NAME=WEB NETBIOS_DOMAIN_NAME=LAB \
        KRB5_CONFIG="$CACHE/krb5.conf" KRB5_KTNAME="$CACHE/http.keytab" KRB5RCACHENAME=none: \
        apache2 -DFOREGROUND -f "$dir/apache.conf"
}

start_nginx() {
    mkdir -p "$RUN/nginx/tmp"
    fill "$LAB/http/nginx.conf" nginx >"$RUN/nginx/nginx.conf"
    launch nginx nginx -p "$RUN/nginx" -e "$RUN/nginx/error.log" -c "$RUN/nginx/nginx.conf"
}

start_squid() {
    local dir=$RUN/$1
    mkdir -p "$dir"
    chown proxy "$dir"
    rm -f "$dir/squid.pid"
    fill "$LAB/http/squid.conf" "$1" >"$dir/squid.conf"
    launch "$1" squid --foreground -N -n "lab$(id -u)" -f "$dir/squid.conf"
}
