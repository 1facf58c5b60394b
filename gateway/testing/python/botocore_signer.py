"""Signs requests by the unmodified botocore: takes a JSON list on standard input, and prints one of what it would send."""

import json
import sys

from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode, percent_encode_sequence

SIGNERS = {
    "v4": lambda credentials: S3SigV4Auth(credentials, "s3", "eu-anywhere-1"),
    "v4-url": lambda credentials: S3SigV4QueryAuth(credentials, "s3", "eu-anywhere-1", expires=60),
    "v2": HmacV1Auth,
    "v2-url": lambda credentials: HmacV1QueryAuth(credentials, expires=60),
}


def sign(credentials, how):
    path = percent_encode(f"/{how['bucket']}/{how['key']}", safe="/~")
    query = percent_encode_sequence(how["params"])
    request = AWSRequest(
        method=how["method"],
        url=f"http://{how['host']}{path}" + (f"?{query}" if query else ""),
        headers={"Host": how["host"], **how["headers"]},
        auth_path=path,
    )
    SIGNERS[how["scheme"]](credentials).add_auth(request)
    sent = request.prepare()
    headers = {name.lower(): text(value) for name, value in sent.headers.items()}
    return {"method": sent.method, "url": sent.url, "headers": headers}


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


orders = json.load(sys.stdin)
key = Credentials(orders["id"], orders["secret"])
json.dump([sign(key, each) for each in orders["requests"]], sys.stdout)
