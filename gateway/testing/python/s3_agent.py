"""Drives boto3, Amazon's client of S3, unmodified: JSON commands on standard input, JSON events on standard output.

Each command runs one story and emits what it saw as one event `done`; content is random, so only comparisons are told.
"""

import hashlib
import json
import os
import socket
import sys
import traceback
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

voice = sys.stdout
sys.stdout = sys.stderr

import boto3  # noqa: E402
import requests  # noqa: E402
from boto3.s3.transfer import TransferConfig  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

# Names of this kind are of this machine, so that the bucket can be in the name of the host.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *args, **more: resolve("127.0.0.1" if host.endswith(".test") else host, *args, **more)

MIB = 1024 * 1024
PART = 5 * MIB
NAME = "Ordner & more/Grüße +1%.txt"


def emit(event, **fields):
    voice.write(json.dumps({"event": event, **fields}) + "\n")
    voice.flush()


def client_of(endpoint, id, secret, version="s3v4", style="path", region="us-east-1", **_):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=id,
        aws_secret_access_key=secret,
        config=Config(signature_version=version, s3={"addressing_style": style}, retries={"max_attempts": 1}),
    )


def error_of(action):
    """Status and code of the error that an action must meet."""
    try:
        action()
    except ClientError as error:
        return [error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]]
    return None


def md5(content):
    return hashlib.md5(content).hexdigest()


class Agent:
    def objects(self, bucket, **where):
        s3 = client_of(**where)
        content = os.urandom(300_000)
        put = s3.put_object(
            Bucket=bucket,
            Key=NAME,
            Body=content,
            ContentType="image/png",
            CacheControl="max-age=60",
            ContentMD5=b64encode(hashlib.md5(content).digest()).decode(),
            Metadata={"Kind": "image", "note": "a  b"},
        )
        at = {"Bucket": bucket, "Key": NAME}
        head = s3.head_object(**at)
        got = s3.get_object(**at, ChecksumMode="ENABLED")
        body = got["Body"].read()
        part = s3.get_object(**at, Range="bytes=10-19")
        copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=at)
        s3.copy_object(
            **{**at, "Key": "replaced"}, CopySource=at, MetadataDirective="REPLACE", Metadata={"a": "1"}, ContentType="a/b"
        )
        replaced = s3.head_object(Bucket=bucket, Key="replaced")
        etag = put["ETag"]
        missing = {"Bucket": bucket, "Key": "missing"}
        facts = {
            "etag": etag == head["ETag"] == got["ETag"] == copied["CopyObjectResult"]["ETag"] == f'"{md5(content)}"',
            "same": body == content,
            "checksum": got["ChecksumType"],
            "head": [head["ContentLength"], head["ContentType"], head["CacheControl"], head["Metadata"]],
            "range": part["Body"].read() == content[10:20],
            "content_range": part["ContentRange"],
            "suffix": s3.get_object(**at, Range="bytes=-5")["Body"].read() == content[-5:],
            "override": s3.get_object(**at, ResponseContentType="text/x")["ContentType"],
            "replaced": [replaced["ContentType"], replaced["Metadata"]],
            "errors": {
                "itself": error_of(lambda: s3.copy_object(**at, CopySource=at)),
                "copy_condition": error_of(lambda: s3.copy_object(**missing, CopySource=at, CopySourceIfNoneMatch=etag)),
                "range": error_of(lambda: s3.get_object(**at, Range="bytes=300000-")),
                "not_modified": error_of(lambda: s3.get_object(**at, IfNoneMatch=etag)),
                "match": error_of(lambda: s3.get_object(**at, IfMatch='"00"')),
                "there": error_of(lambda: s3.put_object(**at, Body=b"", IfNoneMatch="*")),
                "digest": error_of(lambda: s3.put_object(**missing, Body=b"a", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")),
                "checksum": error_of(lambda: s3.put_object(**missing, Body=b"a", ChecksumCRC32C="AAAAAA==")),
                "long": error_of(lambda: s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"a")),
                "missing": error_of(lambda: s3.get_object(**missing)),
                "missing_head": error_of(lambda: s3.head_object(**missing)),
            },
        }
        s3.put_object(Bucket=bucket, Key="new", Body=b"new", IfNoneMatch="*")
        url = s3.generate_presigned_url("get_object", Params={**at, "ResponseContentType": "text/y"}, ExpiresIn=60)
        answer = requests.get(url)
        facts["get_url"] = [answer.status_code, answer.content == content, answer.headers["Content-Type"]]
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "by url"}, ExpiresIn=60)
        facts["put_url"] = requests.put(url, data=b"by url").status_code
        facts["by_url"] = s3.get_object(Bucket=bucket, Key="by url")["Body"].read().decode()
        # The others need a package that is not there.
        for algorithm in ["CRC32", "SHA1", "SHA256"]:
            s3.put_object(Bucket=bucket, Key="summed", Body=content, ChecksumAlgorithm=algorithm)
        s3.delete_object(**missing)
        gone = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in [NAME, "copy", "replaced", "new", "summed", "no"]]}
        )
        facts["deleted"] = len(gone["Deleted"])
        facts["left"] = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        return facts

    def listing(self, bucket, keys, **where):
        """The keys are there already: `000/00000` and so on, ten in each folder."""
        s3 = client_of(**where)
        v2 = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, FetchOwner=True))
        v1 = list(s3.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 700}))
        folders = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", Prefix="0"))
        first = v2[0]["Contents"][0]
        after = s3.list_objects_v2(Bucket=bucket, StartAfter="299/02997", EncodingType="url")
        versions = s3.list_object_versions(Bucket=bucket, Prefix="000/")
        return {
            "pages": [[page["KeyCount"], page["IsTruncated"]] for page in v2],
            "v2": [each["Key"] for page in v2 for each in page["Contents"]] == keys,
            "v1": [each["Key"] for page in v1 for each in page["Contents"]] == keys,
            "v1_pages": len(v1),
            "folders": [sum(len(page["CommonPrefixes"]) for page in folders), folders[0]["CommonPrefixes"][0]["Prefix"]],
            "first": [first["ETag"], first["Size"], first["StorageClass"], first["Owner"]],
            "after": [each["Key"] for each in after["Contents"]],
            "none": s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"],
            "many": s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"],
            "versions": [len(versions["Versions"]), versions["Versions"][0]["VersionId"]],
            "token": error_of(lambda: s3.list_objects_v2(Bucket=bucket, ContinuationToken="!")),
        }

    def multipart(self, bucket, folder, **where):
        s3 = client_of(**where)
        content = os.urandom(2 * PART + 1000)
        path = Path(folder) / "large.bin"
        path.write_bytes(content)
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=3)
        s3.upload_file(str(path), bucket, "large", Config=config, ExtraArgs={"Metadata": {"a": "1"}})
        head = s3.head_object(Bucket=bucket, Key="large")
        parts = [content[start : start + PART] for start in range(0, len(content), PART)]
        digest = md5(b"".join(hashlib.md5(part).digest() for part in parts))
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"]
        target = Path(folder) / "back.bin"
        s3.download_file(bucket, "large", str(target), Config=config)

        at = {"Bucket": bucket, "Key": "parts/ü"}
        id = s3.create_multipart_upload(**at, ContentType="a/b", Metadata={"kind": "x"})["UploadId"]
        one = s3.upload_part(**at, UploadId=id, PartNumber=1, Body=parts[0])["ETag"]
        source = {"Bucket": bucket, "Key": "large"}
        two = s3.upload_part_copy(
            **at, UploadId=id, PartNumber=2, CopySource=source, CopySourceRange=f"bytes=0-{PART - 1}"
        )["CopyPartResult"]["ETag"]
        small = s3.upload_part(**at, UploadId=id, PartNumber=3, Body=b"end")["ETag"]
        uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
        pages = s3.get_paginator("list_parts").paginate(**at, UploadId=id, PaginationConfig={"PageSize": 2})
        numbers = [part["PartNumber"] for page in pages for part in page["Parts"]]

        def complete(*etags, **more):
            parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags]
            return s3.complete_multipart_upload(**at, UploadId=id, MultipartUpload={"Parts": parts}, **more)

        errors = {
            "part": error_of(lambda: complete((1, '"00"'), (2, two))),
            "order": error_of(lambda: complete((2, two), (1, one))),
            "number": error_of(lambda: s3.upload_part(**at, UploadId=id, PartNumber=10001, Body=b"")),
        }
        small_id = s3.create_multipart_upload(Bucket=bucket, Key="small")["UploadId"]
        etags = [
            s3.upload_part(Bucket=bucket, Key="small", UploadId=small_id, PartNumber=n, Body=b"a")["ETag"] for n in (1, 2)
        ]
        few = {"Parts": [{"PartNumber": n + 1, "ETag": etag} for n, etag in enumerate(etags)]}
        small_at = {"Bucket": bucket, "Key": "small", "UploadId": small_id}
        errors["small"] = error_of(lambda: s3.complete_multipart_upload(**small_at, MultipartUpload=few))
        s3.abort_multipart_upload(**small_at)
        errors["aborted"] = error_of(lambda: s3.abort_multipart_upload(**small_at))
        done = complete((1, one), (2, two), (3, small), IfNoneMatch="*")
        whole = s3.get_object(**at)
        body = whole["Body"].read()
        errors["again"] = error_of(lambda: complete((1, one)))
        return {
            "etag": head["ETag"] == listed == f'"{digest}-3"',
            "metadata": head["Metadata"],
            "same": target.read_bytes() == content,
            "uploads": [[each["Key"], each["UploadId"] == id] for each in uploads],
            "parts": numbers,
            "assembled": body == parts[0] + parts[0] + b"end",
            "done": [done["ETag"] == whole["ETag"], done["Key"], whole["ContentType"], whole["Metadata"]],
            "errors": errors,
            "left": len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])),
        }

    def bucket(self, bucket, **where):
        s3 = client_of(**where)
        at = {"Bucket": bucket}
        object = {**at, "Key": "a"}
        s3.put_object(**object, Body=b"what was there")
        tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
        acl = s3.get_bucket_acl(**at)
        return {
            "buckets": [each["Name"] for each in s3.list_buckets()["Buckets"]],
            "head": s3.head_bucket(**at)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"],
            "made": s3.create_bucket(**at)["ResponseMetadata"]["HTTPStatusCode"],
            "location": s3.get_bucket_location(**at)["LocationConstraint"],
            "versioning": s3.get_bucket_versioning(**at).get("Status"),
            "tags": s3.get_object_tagging(**object)["TagSet"],
            "grants": [[grant["Permission"], grant["Grantee"]["Type"]] for grant in acl["Grants"]],
            "grantee": s3.get_object_acl(**object)["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"],
            "none": [
                error_of(lambda: s3.get_bucket_policy(**at)),
                error_of(lambda: s3.get_bucket_lifecycle_configuration(**at)),
                error_of(lambda: s3.get_bucket_cors(**at)),
                error_of(lambda: s3.get_bucket_encryption(**at)),
                error_of(lambda: s3.get_bucket_tagging(**at)),
                error_of(lambda: s3.get_object_lock_configuration(**at)),
                error_of(lambda: s3.get_public_access_block(**at)),
            ],
            "refused": [
                error_of(lambda: s3.put_object_tagging(**object, Tagging=tags)),
                error_of(lambda: s3.put_object(**object, Body=b"", Tagging="a=b")),
                error_of(lambda: s3.put_object(**object, Body=b"", ACL="public-read")),
                error_of(lambda: s3.put_object(**object, Body=b"", StorageClass="GLACIER")),
                error_of(lambda: s3.put_object(**object, Body=b"", ServerSideEncryption="AES256")),
                error_of(lambda: s3.delete_object(**object, IfMatch='"00"')),
                error_of(lambda: s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Enabled"})),
                error_of(lambda: s3.put_bucket_policy(**at, Policy="{}")),
                error_of(lambda: s3.delete_object(**object, VersionId="1")),
                error_of(lambda: s3.get_object(**object, VersionId="1")),
            ],
            "deleted": error_of(lambda: s3.delete_bucket(**at)),
            "others": [
                error_of(lambda: s3.get_object(Bucket="another", Key="a")),
                error_of(lambda: s3.head_bucket(Bucket="another")),
                error_of(lambda: s3.create_bucket(Bucket="another")),
            ],
            "owner": error_of(lambda: s3.head_object(**object, ExpectedBucketOwner="somebody")),
            "content": s3.get_object(**object, VersionId="null")["Body"].read().decode(),
        }

    def conditions(self, bucket, writers, **where):
        """Each of the writers adds 1 to the number in an object, and tries again where another one was first."""
        s3 = client_of(**where)
        at = {"Bucket": bucket, "Key": "number"}
        first = s3.put_object(**at, Body=b"0")["ETag"]
        second = s3.put_object(**at, Body=b"0 again", IfMatch=first)["ETag"]
        id = s3.create_multipart_upload(**at)["UploadId"]
        part = {"PartNumber": 1, "ETag": s3.upload_part(**at, UploadId=id, PartNumber=1, Body=b"0")["ETag"]}

        def complete(etag):
            return s3.complete_multipart_upload(**at, UploadId=id, MultipartUpload={"Parts": [part]}, IfMatch=etag)

        errors = {
            "other": error_of(lambda: s3.put_object(**at, Body=b"", IfMatch=first)),
            "missing": error_of(lambda: s3.put_object(Bucket=bucket, Key="missing", Body=b"", IfMatch=first)),
            "completed": error_of(lambda: complete(first)),
        }
        whole = complete(second)["ETag"]
        errors["large"] = error_of(lambda: s3.put_object(**at, Body=bytes(3 * MIB), IfMatch=second))

        def add(_):
            while True:
                got = s3.get_object(**at)
                more = str(int(got["Body"].read()) + 1).encode()
                lost = error_of(lambda: s3.put_object(**at, Body=more, IfMatch=got["ETag"]))
                if lost is None:
                    return
                if lost != [412, "PreconditionFailed"]:
                    raise ValueError(lost)

        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(add, range(writers)))
        return {
            "errors": errors,
            "whole": whole.endswith('-1"'),
            "number": int(s3.get_object(**at)["Body"].read()),
            "left": len(s3.list_objects_v2(Bucket=bucket)["Contents"]),
        }

    def attributes(self, bucket, **where):
        s3 = client_of(**where)
        at = {"Bucket": bucket, "Key": NAME}
        s3.put_object(**at, Body=b"hello", ChecksumAlgorithm="SHA256")
        all = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        told = s3.get_object_attributes(**at, ObjectAttributes=all)
        size = s3.get_object_attributes(**at, ObjectAttributes=["ObjectSize"])
        missing = {"Bucket": bucket, "Key": "missing"}
        return {
            "etag": told["ETag"] == md5(b"hello"),
            "checksum": told["Checksum"],
            "rest": [told["StorageClass"], told["ObjectSize"], "ObjectParts" in told, "LastModified" in told],
            "size": [name for name in all if name in size],
            "missing": error_of(lambda: s3.get_object_attributes(**missing, ObjectAttributes=all)),
            "invented": error_of(lambda: s3.get_object_attributes(**at, ObjectAttributes=["Colour"])),
        }

    def rights(self, bucket, wrong_secret, **where):
        s3 = client_of(**where)
        at = {"Bucket": bucket}
        s3.put_object(**at, Key="own/1", Body=b"own")
        return {
            "read": s3.get_object(**at, Key="own/1")["Body"].read().decode(),
            "listed": [each["Key"] for each in s3.list_objects_v2(**at)["Contents"]],
            "refused": [
                error_of(lambda: s3.get_object(**at, Key="other/1")),
                error_of(lambda: s3.head_object(**at, Key="other/1")),
                error_of(lambda: s3.put_object(**at, Key="other/1", Body=b"")),
                error_of(lambda: s3.copy_object(**at, Key="own/2", CopySource={**at, "Key": "other/1"})),
                error_of(lambda: s3.delete_objects(**at, Delete={"Objects": [{"Key": "other/1"}]})),
                error_of(lambda: s3.create_multipart_upload(**at, Key="other/2")),
                error_of(lambda: s3.get_object_attributes(**at, Key="other/1", ObjectAttributes=["ETag"])),
            ],
            "wrong": error_of(lambda: client_of(**{**where, "secret": wrong_secret}).list_buckets()),
            "unknown": error_of(lambda: client_of(**{**where, "id": "cc00000000000000000000"}).list_buckets()),
        }

    def skewed(self, bucket, **where):
        return {"error": error_of(lambda: client_of(**where).put_object(Bucket=bucket, Key="a", Body=b"a"))}


agent = Agent()
emit("started")
for line in sys.stdin:
    command = json.loads(line)
    try:
        emit("done", **getattr(agent, command.pop("do"))(**command))
    except Exception:
        emit("done", failed=traceback.format_exc())
