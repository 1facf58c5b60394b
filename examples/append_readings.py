"""A logger: appends each line that it reads to one object in the gateway, once, also where the connection breaks.

Needs: nothing but Python
Run:   vmstat -n 5 | python append_readings.py [HOST [PORT [NAME]]]

NAME is the logger's own, and the same each time it is to go on with the same object. Where the gateway has accounts, CROSSCOMM_TOKEN in the
environment is the token of one.
"""

import http.client
import json
import os
import sys
import time
import uuid

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 9898
NAME = sys.argv[3] if len(sys.argv) > 3 else f"logger-{uuid.uuid4().hex[:6]}"
PATH = f"/objects/cross_comm/{NAME}/readings.csv?append"

HEADERS = {"Content-Type": "text/csv"}
if "CROSSCOMM_TOKEN" in os.environ:
    HEADERS["Authorization"] = f"Bearer {os.environ['CROSSCOMM_TOKEN']}"


def append(content, position):
    """Appends at `position`, and tries until that is acknowledged; returns the answer."""
    while True:
        connection = http.client.HTTPConnection(HOST, PORT, timeout=10)
        try:
            connection.request("PUT", f"{PATH}&position={position}", content, HEADERS)
            answer = connection.getresponse()
            body = json.load(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # It may be there already: the same content at the same position is not added twice.
            print(f"again in 2 s: {error}", flush=True)
            time.sleep(2)
            continue
        finally:
            connection.close()
        if answer.status in (200, 201):
            return body
        if answer.status == 409 and "Upload-Offset" in answer.headers:
            # An earlier run has written, or another program: go on at the end.
            position = int(answer.headers["Upload-Offset"])
        elif answer.status >= 500 or answer.status == 429:
            print(f"again in 2 s: {body['error']['message']}", flush=True)
            time.sleep(2)
        else:
            sys.exit(body["error"]["message"])


end = 0
for line in sys.stdin:
    stored = append(f"{time.time():.3f},{line.strip()}\n".encode(), end)
    if end == 0:
        print(f"readings are at {stored['url']}", flush=True)
    end = stored["next"]
    print(f"{end} bytes are stored", flush=True)
