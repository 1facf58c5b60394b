"""Downloads of a gateway's objects by HTTP, for programs on computers. A download that is cut goes on where it was."""

import base64
import http.client
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from .errors import CrossCommError

_TIMEOUT_S = 30
_BLOCK = 1 << 16
_TRIES = 5
_CODES = {401: "credentials", 403: "not_allowed", 404: "no_file"}
_CUT = (urllib.error.URLError, http.client.HTTPException, ConnectionError, socket.timeout, ssl.SSLError)
# Of the names in a key: what some system reads more into than a name.
_NOT_IN_NAMES = set('\\:<>"|?*') | {chr(code) for code in range(32)}


class Downloads:
    """`address`: `http://HOST:9898` of a gateway; `account` and `secret`: who asks; `ca`: the authority's certificate (PEM) for `https`."""

    def __init__(self, address, account=None, secret=None, ca=None):
        self._address = address
        self._headers = {}
        if secret is not None:
            pair = "%s:%s" % (account or "", secret)
            self._headers["Authorization"] = "Basic %s" % base64.b64encode(pair.encode()).decode()
        self._context = ssl.create_default_context(cadata=ca) if ca else None

    def save(self, key, directory):
        """An object at its key below a directory; all of a folder, where the key ends with `/`. Raises CrossCommError and OSError."""
        if not key.endswith("/"):
            self._save_one(key, directory)
            return
        keys = list(self._keys_below(key))
        if not keys:
            raise CrossCommError("no_file", "there is nothing in the folder %s" % key)
        for each in keys:
            self._save_one(each, directory)

    def _keys_below(self, prefix):
        after = None
        while True:
            query = {"prefix": prefix} if after is None else {"prefix": prefix, "after": after}
            with self._open("/objects?%s" % urllib.parse.urlencode(query)) as answer:
                page = json.load(answer)
            for item in page["objects"]:
                if item["key"].startswith(prefix):
                    yield item["key"]
            after = page.get("next")
            if after is None:
                return

    def _save_one(self, key, directory):
        path = os.path.join(directory, *_names_of(key))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # It has its name only when all of it is there.
        unfinished = os.path.join(os.path.dirname(path), ".%s.part" % uuid.uuid4().hex[:16])
        try:
            with open(unfinished, "wb") as file:
                self._copy("/objects/%s" % urllib.parse.quote(key), file)
            os.replace(unfinished, path)
        finally:
            if os.path.exists(unfinished):
                os.remove(unfinished)

    def _copy(self, path, file):
        version = None
        tries = 0
        while True:
            before = file.tell()
            more = {"Range": "bytes=%d-" % before, "If-Range": version} if before and version else {}
            try:
                with self._open(path, more) as answer:
                    if answer.status != 206:
                        file.seek(0)
                        file.truncate()
                    version = answer.headers.get("ETag")
                    if self._is_whole(answer, file):
                        return
                problem = "the connection was closed"
            except _CUT as error:
                problem = error
            tries = tries + 1 if file.tell() <= before else 1
            if tries == _TRIES:
                raise CrossCommError("offline", "the download was cut: %s" % problem)
            time.sleep(0.2 * tries)

    def _is_whole(self, answer, file):
        left = int(answer.headers.get("Content-Length") or -1)
        while True:
            block = answer.read(_BLOCK)
            if not block:
                return left <= 0
            file.write(block)
            left -= len(block) if left > 0 else 0

    def _open(self, path, more=None):
        request = urllib.request.Request(self._address + path, headers=dict(self._headers, **(more or {})))
        try:
            return urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=self._context)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (416, 429) or error.code >= 500:
                    raise ConnectionError("the gateway answered %d" % error.code) from error
                raise CrossCommError(_CODES.get(error.code, "internal"), "the gateway answered %d" % error.code) from error


def _names_of(key):
    """A key as the names of folders and of a file below a directory. Raises CrossCommError for one that would lead elsewhere."""
    names = key.split("/")
    for name in names:
        if name == "" or name[-1] in ". " or _NOT_IN_NAMES & set(name):
            raise CrossCommError("name_invalid", "not downloaded: the key %s is no path" % ascii(key[:200]))
    return names
