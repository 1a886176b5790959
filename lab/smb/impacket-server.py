"""An SMB server by another hand than Samba's: impacket's smbserver, one share,
no credential. Usage: impacket-server.py ADDRESS PORT smb1|smb2 FOLDER"""

import os
import sys

from impacket.smbserver import SimpleSMBServer

address, port, dialects, folder = sys.argv[1:5]
share = os.path.join(folder, "share")
os.makedirs(share, exist_ok=True)
server = SimpleSMBServer(listenAddress=address, listenPort=int(port))
server.setLogFile(os.path.join(folder, "log"))
server.addShare("LAB", share, "lab share")
server.setSMB2Support(dialects == "smb2")
server.start()
