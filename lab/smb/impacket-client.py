"""The dialects a server speaks on a NetBIOS session port, asked with impacket's
client. Usage: impacket-client.py ADDRESS PORT"""

import sys

from impacket.smbconnection import SMBConnection

address, port = sys.argv[1], int(sys.argv[2])
known = (("1.0", "NT LM 0.12"), ("2.0.2", 0x0202), ("2.1", 0x0210), ("3.0", 0x0300), ("3.1.1", 0x0311))
spoken = []
for name, dialect in known:
    try:
        connection = SMBConnection(address, address, sess_port=port, preferredDialect=dialect, timeout=5)
        if connection.getDialect() == dialect:
            spoken.append(name)
        connection.close()
    except Exception:
        pass  # no agreement on this dialect
print(",".join(spoken))
