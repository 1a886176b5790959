# shellcheck shell=bash
# Group mail: Dovecot (IMAP, POP3) and Exim (SMTP), with NTLM always, with NTLM
# only under TLS, and without it.
# shellcheck source=../pki.sh
. "$LAB/pki.sh"

prepare_mail() {
    need_programs dovecot exim4 || return 1
    certificate mail mail.lab.example rsa && mail_key &&
        chgrp Debian-exim "$CACHE/tls/mail.key" && chmod 640 "$CACHE/tls/mail.key"
}

# mail_key: any key will do, no ticket is ever made for it; GSSAPI is offered
# only when there is one.
mail_key() {
    local keytab=$CACHE/mail.keytab
    if [ ! -s "$keytab" ]; then
        ktutil >"$CACHE/ktutil.log" 2>&1 <<KEYS
addent -password -p imap/mail.lab.example@LAB.EXAMPLE -k 1 -e aes256-cts-hmac-sha1-96
Signet-Lab-1
write_kt $keytab
KEYS
    fi
    [ -s "$keytab" ] || { say "ktutil wrote no keytab, see $CACHE/ktutil.log"; return 1; }
    chgrp dovecot "$keytab" && chmod 640 "$keytab"
}

# shellcheck disable=SC2016 # exim expands its own ${if …}
start_mail() {
    rm -rf "${RUN:?}/$1"
    mkdir -p "$RUN/$1"
    case $1 in
    dovecot-ntlm) start_dovecot "$1" yes no "plain ntlm gss-spnego gssapi" ;;
    dovecot-tls) start_dovecot "$1" required yes "plain ntlm" ;;
    dovecot-plain) start_dovecot "$1" yes yes "plain login" ;;
    exim-ntlm) start_exim "$1" ntlm '*' '*' ;;
    exim-tls) start_exim "$1" ntlm '*' '${if eq{$tls_in_cipher}{}{}{*}}' ;;
    exim-plain) start_exim "$1" plain ':' '*' ;;
    esac
}

start_dovecot() {
    fill "$LAB/mail/dovecot.conf.in" "$1" | sed -e "s|@SSL@|$2|" -e "s|@NOCLEAR@|$3|" -e "s|@MECHANISMS@|$4|" >"$RUN/$1/dovecot.conf"
    fill "$LAB/mail/smb.conf.in" "$1" >"$RUN/$1/smb.conf"
    fill "$LAB/mail/ntlm-helper.in" "$1" >"$RUN/$1/ntlm-helper"
    chmod 755 "$RUN/$1/ntlm-helper"
    mkdir -p "$RUN/$1"/{base,state,mail,samba}
    chown dovecot "$RUN/$1/samba"
    launch "$1" dovecot -F -c "$RUN/$1/dovecot.conf"
}

start_exim() {
    fill "$LAB/mail/exim.conf.in" "$1" | sed -e "s|@TLSFOR@|$3|" -e "s|@AUTHFOR@|$4|" >"$RUN/$1/exim.conf"
    cat "$LAB/mail/exim-$2.conf" >>"$RUN/$1/exim.conf"
    mkdir -p "$RUN/$1/spool"
    chown Debian-exim "$RUN/$1" "$RUN/$1/spool"
    launch "$1" exim4 -C "$RUN/$1/exim.conf" -bdf
}
