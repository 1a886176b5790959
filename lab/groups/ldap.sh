# shellcheck shell=bash
# Group ldap: OpenLDAP, which is not AD: plain, with a security floor, without
# TLS, and with an LDAPS port that has no certificate behind it.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

prepare_ldap() {
    need_programs slapd || return 1
    certificate ldap openldap.example rsa
}

start_ldap() {
    local dir=$RUN/$1 addr tls security="" urls
    addr=$(address "$1")
    rm -rf "$dir"
    mkdir -p "$dir/db"
    tls="TLSCertificateFile $CACHE/tls/ldap.pem\nTLSCertificateKeyFile $CACHE/tls/ldap.key"
    urls="ldap://$addr:389 ldaps://$addr:636"
    case $1 in
    ldap-ssf) security="security ssf=128" ;;
    ldap-notls) tls="" urls="ldap://$addr:389" ;;
    ldap-nocert) tls="" ;;
    esac
    fill "$LAB/ldap/slapd.conf.in" "$1" | sed -e "s|@TLS@|$tls|" -e "s|@SECURITY@|$security|" >"$dir/slapd.conf"
    # Without a SASL plug-in OpenLDAP offers no NTLM; with libsasl2-modules on the machine it would.
    mkdir -p "$dir/no-sasl-modules"
    SASL_PATH="$dir/no-sasl-modules" launch "$1" slapd -d 0 -h "$urls" -f "$dir/slapd.conf"
}
