"""The result code of an anonymous NTLM bind that neither signs nor carries a
channel binding, written out by hand: on the plain port, after StartTLS, or on
LDAPS. Prints "CODE" or "CODE 80090346", or why there is none.
Usage: anonymous-bind.py ADDRESS PORT plain|starttls|ldaps"""

import re
import socket
import ssl
import sys

TYPE1 = bytes.fromhex("4e544c4d5353500001000000058288a2" + "0000000028000000" * 2 + "0a00614a0000000f")
TYPE3 = bytes.fromhex(
    "4e544c4d5353500003000000" + "0100010058000000" + "0000000059000000" + "0000000058000000" * 3
    + "0000000059000000" + "058a88a20a00614a0000000f" + "00" * 17)
STARTTLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"


def bind(number, token):
    body = b"\x02\x01\x03\x04\x00" + tlv(0xA3, tlv(4, b"GSS-SPNEGO") + tlv(4, token))
    return tlv(0x30, b"\x02\x01" + bytes([number]) + tlv(0x60, body))


def tlv(tag, value):
    assert len(value) < 128
    return bytes([tag, len(value)]) + value


def ask(stream, request):
    stream.sendall(request)
    answer = stream.recv(8192)
    code = re.search(rb"\x0a\x01(.)", answer, re.S)
    return (code.group(1)[0] if code else -1), answer


address, port, way = sys.argv[1], int(sys.argv[2]), sys.argv[3]
try:
    stream = socket.create_connection((address, port), 5)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if way == "starttls":
        code, _ = ask(stream, STARTTLS)
        if code != 0:
            print("StartTLS refused with %d" % code)
            sys.exit()
    if way != "plain":
        stream = context.wrap_socket(stream)
    code, answer = ask(stream, bind(1, TYPE1))
    if b"NTLMSSP\0\2" not in answer:
        print("no type 2 but %d" % code)
        sys.exit()
    code, answer = ask(stream, bind(2, TYPE3))
    print(code, "80090346") if b"80090346" in answer else print(code)
except (ssl.SSLError, ConnectionResetError):
    print("handshake broken off")
except OSError as error:
    print(type(error).__name__)
