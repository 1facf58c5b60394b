"""The reference CrossComm server, as pywayne ships it, on 127.0.0.1 and the port given."""

import asyncio
import os
import sys

# The service wants an object store that it never uses as a server.
os.environ.setdefault("OSS_ENDPOINT", "https://oss.invalid")
os.environ.setdefault("OSS_BUCKET_NAME", "unused-bucket")
os.environ.setdefault("OSS_ACCESS_KEY_ID", "unused")
os.environ.setdefault("OSS_ACCESS_KEY_SECRET", "unused")

from pywayne.cross_comm import CrossCommService  # noqa: E402

asyncio.run(CrossCommService(role="server", ip="127.0.0.1", port=int(sys.argv[1])).start_server())
