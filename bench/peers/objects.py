"""Puts or gets objects by the unmodified boto3 or oss2, 16 at a time; prints how long that took, in seconds."""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 16

client, operation, prefix, count, size = sys.argv[1:6]
endpoint, bucket = os.environ["ENDPOINT"], os.environ["BUCKET"]
key_id, secret = os.environ["KEY_ID"], os.environ["KEY_SECRET"]
content = os.urandom(int(size))

if client == "boto3":
    import boto3
    from botocore.config import Config

    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(max_pool_connections=AT_ONCE, retries={"total_max_attempts": 1}),
    )

    def put(key):
        s3.put_object(Bucket=bucket, Key=key, Body=content)

    def get(key):
        return len(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

else:
    import oss2

    oss2.defaults.connection_pool_size = AT_ONCE
    oss = oss2.Bucket(oss2.Auth(key_id, secret), endpoint, bucket)

    def put(key):
        oss.put_object(key, content)

    def get(key):
        return len(oss.get_object(key).read())


def run(keys):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lengths = list(pool.map(put if operation == "put" else get, keys))
    if operation == "get" and set(lengths) != {len(content)}:
        raise SystemExit(f"objects of {set(lengths)} bytes came")


keys = [f"{prefix}/{index:05}" for index in range(int(count))]
# What is made once, such as connections, is made before.
run(keys[:AT_ONCE])
begun = time.perf_counter()
run(keys)
print(json.dumps({"seconds": time.perf_counter() - begun}))
