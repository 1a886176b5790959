# shellcheck shell=bash
# The lab's certificates: one authority, made once and kept in the cache, and a
# certificate per server. Sourced after lib.sh.

# authority: the lab CA, in $CACHE/tls/ca.{pem,key}.
authority() {
    mkdir -p "$CACHE/tls"
    [ -s "$CACHE/tls/ca.pem" ] && return 0
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
        -subj "/O=Signet lab/CN=Signet lab CA" -keyout "$CACHE/tls/ca.key" -out "$CACHE/tls/ca.tmp" 2>/dev/null &&
        mv "$CACHE/tls/ca.tmp" "$CACHE/tls/ca.pem"
}

# certificate NAME DNSNAME [KIND]: $CACHE/tls/NAME.{pem,key}. KIND chooses the
# key and the hash the signature is made with, because tls-server-end-point
# bindings depend on it:
#   rsa (SHA-256, the default), rsa384, rsa512, sha1, ec256, ec384, self (self-signed)
certificate() {
    local out=$CACHE/tls/$1 name=$2 kind=${3:-rsa} hash=sha256 key=(-newkey rsa:2048) signer
    [ -s "$out.pem" ] && return 0
    authority || return 1
    signer=(-CA "$CACHE/tls/ca.pem" -CAkey "$CACHE/tls/ca.key")
    case $kind in
    rsa384) hash=sha384 ;;
    rsa512) hash=sha512 ;;
    sha1) hash=sha1 signer=() ;;
    ec256) key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256) ;;
    ec384) key=(-newkey ec -pkeyopt ec_paramgen_curve:P-384) hash=sha384 ;;
    self) signer=() ;;
    esac
    openssl req -x509 "${key[@]}" -nodes -days 3650 "-$hash" "${signer[@]}" \
        -subj "/O=Signet lab/CN=$name" -addext "subjectAltName=DNS:$name" -addext "basicConstraints=critical,CA:FALSE" \
        -keyout "$out.key" -out "$out.tmp" 2>"$out.err" && mv "$out.tmp" "$out.pem" && rm -f "$out.err" && chmod 600 "$out.key"
}
