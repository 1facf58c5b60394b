"""Drives unmodified clients of Aliyun's object storage: JSON commands on standard input, JSON events on standard output.

Three clients: `oss2`, `alibabacloud_oss_v2` and pywayne's OssManager, which is built on the first. Each command runs one
story with one of them and emits what it saw as one event `done`; content is random, so only comparisons are told.
"""

import json
import os
import sys
import traceback
from pathlib import Path

voice = sys.stdout
sys.stdout = sys.stderr

import alibabacloud_oss_v2 as v2  # noqa: E402
import numpy as np  # noqa: E402
import oss2  # noqa: E402
import requests  # noqa: E402
from pywayne.aliyun_oss import OssManager  # noqa: E402

PART = 102400
NAME = "Ordner & more/Grüße +1%.txt"


def emit(event, **fields):
    voice.write(json.dumps({"event": event, **fields}) + "\n")
    voice.flush()


def bucket_of(endpoint, bucket, region, id, secret, version):
    if version == "v4":
        return oss2.Bucket(oss2.AuthV4(id, secret), endpoint, bucket, region=region)
    return oss2.Bucket(oss2.Auth(id, secret), endpoint, bucket)


def error_of(action):
    """The code of the error that an action must meet."""
    try:
        action()
    except oss2.exceptions.OssError as error:
        return {"status": error.status, "code": error.code, "type": type(error).__name__}
    except v2.exceptions.OperationError as error:
        cause = error.unwrap()
        return {"status": cause.status_code, "code": cause.code}
    return None


class Agent:
    def oss2_objects(self, folder, **where):
        bucket = bucket_of(**where)
        content = os.urandom(300_000)
        put = bucket.put_object(NAME, content, headers={"x-oss-meta-Kind": "image", "Content-Type": "image/png"})
        head = bucket.head_object(NAME)
        got = bucket.get_object(NAME)
        same = got.read() == content
        # A download to a file checks the CRC, and goes on where it was cut.
        target = str(Path(folder) / "resumed.bin")
        oss2.resumable_download(bucket, NAME, target, multiget_threshold=PART, part_size=PART)
        copied = bucket.copy_object(where["bucket"], NAME, "copy").etag
        changed = bucket.update_object_meta("copy", {"x-oss-meta-a": "1"})
        facts = {
            "etag": put.etag == head.etag == copied,
            "crc": put.crc == got.server_crc == got.client_crc,
            "kind": head.headers["x-oss-meta-kind"],
            "type": head.content_type,
            "length": head.content_length,
            "same": same,
            "range": bucket.get_object(NAME, byte_range=(10, 19)).read() == content[10:20],
            "suffix": bucket.get_object(NAME, byte_range=(None, 5)).read() == content[-5:],
            "resumed": Path(target).read_bytes() == content,
            "updated": changed.status == 200 and bucket.head_object("copy").headers["x-oss-meta-a"],
            "not_modified": error_of(lambda: bucket.get_object(NAME, headers={"If-None-Match": f'"{put.etag}"'})),
            "precondition": error_of(lambda: bucket.get_object(NAME, headers={"If-Match": '"00"'})),
            "overwrite": error_of(lambda: bucket.put_object(NAME, b"", headers={"x-oss-forbid-overwrite": "true"})),
            "digest": error_of(lambda: bucket.put_object("x", b"a", headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})),
            "missing": error_of(lambda: bucket.get_object("missing")),
            "missing_head": error_of(lambda: bucket.head_object("missing")),
            "exists": [bucket.object_exists("copy"), bucket.object_exists("missing")],
            "deleted": bucket.batch_delete_objects([NAME, "copy"]).deleted_keys == [NAME, "copy"],
        }
        url = bucket.sign_url("PUT", "by url/1", 60, slash_safe=True)
        facts["url"] = requests.put(url, data=b"by url").status_code
        facts["by_url"] = bucket.get_object("by url/1").read().decode()
        bucket.delete_object("by url/1")
        return facts

    def oss2_append(self, **where):
        """Positions, and the CRC-64 that the client goes on computing."""
        bucket = bucket_of(**where)
        first = bucket.append_object(NAME, 0, b"one\n", headers={"Content-Type": "text/csv"}, init_crc=0)
        second = bucket.append_object(NAME, first.next_position, b"two\n", init_crc=first.crc)
        head = bucket.head_object(NAME)
        wrong = None
        try:
            bucket.append_object(NAME, 4, b"x")
        except oss2.exceptions.PositionNotEqualToLength as error:
            wrong = error.next_position
        facts = {
            "next": second.next_position,
            "crc": second.crc == int(head.headers["x-oss-hash-crc64ecma"]),
            "type": [head.object_type, head.content_type],
            "listed": [each.type for each in oss2.ObjectIterator(bucket)],
            "wrong": wrong,
            "content": bucket.get_object(NAME).read().decode(),
        }
        bucket.put_object(NAME, b"whole")
        facts["whole"] = error_of(lambda: bucket.append_object(NAME, 5, b"x"))
        bucket.delete_object(NAME)
        return facts

    def v2_append(self, endpoint, bucket, region, id, secret, version):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(id, secret)
        config.region, config.endpoint, config.signature_version = region, endpoint, version
        client = v2.Client(config)
        request = v2.AppendObjectRequest(bucket=bucket, key="log", position=0, body=b"one\n", init_hash_crc64=0)
        first = client.append_object(request)
        with client.append_file(bucket=bucket, key="log") as file:
            file.write(b"two\n")
            file.write(b"three\n")
        return {
            "next": first.next_position,
            "content": client.get_object(v2.GetObjectRequest(bucket=bucket, key="log")).body.content.decode(),
            "type": client.head_object(v2.HeadObjectRequest(bucket=bucket, key="log")).object_type,
        }

    def ossfs_story(self, endpoint, bucket, region, id, secret, version):
        """What fsspec makes of it: every file that is opened to be written is appended to."""
        import ossfs  # noqa: PLC0415 - aiohttp takes long to load

        fs = ossfs.OSSFileSystem(endpoint=endpoint, key=id, secret=secret, skip_instance_cache=True)
        path = f"{bucket}/dir/log.csv"
        large = os.urandom(12 * 1024 * 1024 + 7)
        with fs.open(path, "wb") as file:
            file.write(b"what is replaced\n")
        with fs.open(path, "w") as file:
            file.write("one\n")
        with fs.open(path, "ab") as file:
            file.write(b"two\n")
        with fs.open(f"{bucket}/large", "wb") as file:
            file.write(large)
        fs.invalidate_cache()
        facts = {
            "content": fs.cat(path).decode(),
            "tail": fs.tail(path, 4).decode(),
            "size": fs.info(path)["size"],
            "large": fs.cat(f"{bucket}/large") == large,
            "listed": sorted(fs.find(bucket)),
        }
        with fs.open(path, "rb") as file:
            file.seek(4)
            facts["read"] = file.read().decode()
        fs.pipe_file(path, b"whole")
        try:
            with fs.open(path, "ab") as file:
                file.write(b"x")
        except Exception as error:  # noqa: BLE001
            facts["whole"] = type(error).__name__
        fs.rm([path, f"{bucket}/large"])
        facts["left"] = list(fs.find(bucket))
        return facts

    def oss2_listing(self, **where):
        bucket = bucket_of(**where)
        keys = [f"a/{number} ü" for number in range(5)] + ["b/1", "c"]
        for key in keys:
            bucket.put_object(key, key.encode())
        facts = {
            "v1": [each.key for each in oss2.ObjectIterator(bucket, max_keys=2)] == keys,
            "v2": [each.key for each in oss2.ObjectIteratorV2(bucket, max_keys=2)] == keys,
            "prefix": [each.key for each in oss2.ObjectIterator(bucket, prefix="a/", max_keys=2)] == keys[:5],
            "folders": [each.key for each in oss2.ObjectIterator(bucket, delimiter="/", max_keys=1)],
            "after": [each.key for each in oss2.ObjectIteratorV2(bucket, start_after="a/4 ü")],
            "info": bucket.get_bucket_info().name,
            "location": bucket.get_bucket_location().location,
            "acl": bucket.get_bucket_acl().acl,
            "buckets": [each.name for each in oss2.BucketIterator(oss2.Service(bucket.auth, where["endpoint"], region=where["region"]))],
        }
        bucket.batch_delete_objects(keys)
        return facts

    def oss2_rights(self, **where):
        bucket = bucket_of(**where)
        wrong = bucket_of(**{**where, "secret": "0" * 40})
        none = oss2.Bucket(oss2.AnonymousAuth(), where["endpoint"], where["bucket"])
        bucket.put_object("own/1", b"own")
        code = lambda action: error_of(action)["code"]  # noqa: E731
        return {
            "read": bucket.get_object("own/1").read().decode(),
            "listed": [each.key for each in oss2.ObjectIterator(bucket)],
            "refused": [
                code(lambda: bucket.put_object("other/2", b"x")),
                code(lambda: bucket.get_object("other/1").read()),
                code(lambda: bucket.delete_object("other/1")),
                code(lambda: bucket.copy_object(where["bucket"], "other/1", "own/2")),
                code(lambda: bucket.init_multipart_upload("other/2")),
            ],
            "wrong": code(lambda: wrong.get_object("own/1").read()),
            "none": code(lambda: none.get_object("own/1").read()),
        }

    def oss2_multipart(self, folder, **where):
        bucket = bucket_of(**where)
        content = os.urandom(3 * PART + 1)
        file = Path(folder) / "large.bin"
        file.write_bytes(content)
        result = oss2.resumable_upload(
            bucket, "resumed", str(file), multipart_threshold=PART, part_size=PART, num_threads=2
        )
        upload = bucket.init_multipart_upload("parts/ü").upload_id
        second = bucket.upload_part("parts/ü", upload, 2, content[:10])
        first = bucket.upload_part_copy(where["bucket"], "resumed", (0, PART - 1), "parts/ü", upload, 1)
        uploads = [[each.key, each.upload_id == upload] for each in oss2.MultipartUploadIterator(bucket)]
        parts = [each.part_number for each in oss2.PartIterator(bucket, "parts/ü", upload, max_parts=1)]
        infos = [oss2.models.PartInfo(1, first.etag), oss2.models.PartInfo(2, second.etag)]
        backwards = error_of(lambda: bucket.complete_multipart_upload("parts/ü", upload, infos[:1] + [oss2.models.PartInfo(3, second.etag)]))
        done = bucket.complete_multipart_upload("parts/ü", upload, infos)
        again = error_of(lambda: bucket.complete_multipart_upload("parts/ü", upload, infos))
        given_up = bucket.init_multipart_upload("given up").upload_id
        bucket.upload_part("given up", given_up, 1, b"x")
        bucket.abort_multipart_upload("given up", given_up)
        return {
            "resumed": bucket.get_object("resumed").read() == content,
            "etag": result.etag.endswith("-4") and done.etag.endswith("-2"),
            "assembled": bucket.get_object("parts/ü").read() == content[:PART] + content[:10],
            "uploads": uploads,
            "parts": parts,
            "wrong": backwards,
            "again": again,
            "left": len(list(oss2.MultipartUploadIterator(bucket))),
        }

    def v2_story(self, endpoint, bucket, region, id, secret, version, folder):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(id, secret)
        config.region, config.endpoint, config.signature_version = region, endpoint, version
        client = v2.Client(config)
        content = os.urandom(4 * PART + 7)
        file = Path(folder) / "v2.bin"
        file.write_bytes(content)
        client.put_object(v2.PutObjectRequest(bucket=bucket, key=NAME, body=content, metadata={"kind": "file"}))
        got = client.get_object(v2.GetObjectRequest(bucket=bucket, key=NAME))
        client.uploader(part_size=PART, parallel_num=2).upload_file(
            v2.PutObjectRequest(bucket=bucket, key="large"), str(file)
        )
        target = Path(folder) / "v2-down.bin"
        client.downloader(part_size=PART, parallel_num=2).download_file(
            v2.GetObjectRequest(bucket=bucket, key="large"), str(target)
        )
        client.copier().copy(v2.CopyObjectRequest(bucket=bucket, key="copy", source_key=NAME))
        pages = client.list_objects_v2_paginator(limit=1).iter_page(v2.ListObjectsV2Request(bucket=bucket))
        presigned = client.presign(v2.GetObjectRequest(bucket=bucket, key=NAME))
        facts = {
            "same": got.body.content == content and got.metadata["kind"] == "file",
            "downloaded": target.read_bytes() == content,
            "copied": client.head_object(v2.HeadObjectRequest(bucket=bucket, key="copy")).content_length == len(content),
            "keys": [each.key for page in pages for each in page.contents],
            "presigned": requests.get(presigned.url).content == content,
            "missing": error_of(lambda: client.head_object(v2.HeadObjectRequest(bucket=bucket, key="missing"))),
            "bucket": client.is_bucket_exist(bucket),
            "object": client.is_object_exist(bucket, "missing"),
        }
        objects = [v2.DeleteObject(key=key) for key in (NAME, "large", "copy")]
        gone = client.delete_multiple_objects(v2.DeleteMultipleObjectsRequest(bucket=bucket, objects=objects))
        facts["deleted"] = sorted(each.key for each in gone.deleted_objects)
        return facts

    def refusals(self, endpoint, bucket, region, id, secret, version):
        """What there is not, asked for by both clients; the object is as it was."""
        old = bucket_of(endpoint, bucket, region, id, secret, version)
        old.put_object(NAME, b"what was there")
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(id, secret)
        config.region = region
        config.endpoint = endpoint
        config.signature_version = version
        new = v2.Client(config)
        hold = v2.PutObjectLegalHoldRequest(bucket, NAME, legal_hold=v2.LegalHold(status="ON"))
        versions = oss2.models.BatchDeleteObjectVersionList([oss2.models.BatchDeleteObjectVersion(NAME, "CAEQ")])
        tags = oss2.models.Tagging()
        tags.tag_set.add("a", "b")
        return {
            "hold": error_of(lambda: new.put_object_legal_hold(hold))["code"],
            "versions": error_of(lambda: old.delete_object_versions(versions))["code"],
            "version": error_of(lambda: old.delete_object(NAME, params={"versionId": "CAEQ"}))["code"],
            "tags": error_of(lambda: old.put_object_tagging(NAME, tags))["code"],
            "tagged": error_of(lambda: old.put_object(NAME, b"other", headers={"x-oss-tagging": "a=b"}))["code"],
            "public": error_of(lambda: old.put_object_acl(NAME, oss2.OBJECT_ACL_PUBLIC_READ))["code"],
            "private": old.put_object_acl(NAME, oss2.OBJECT_ACL_PRIVATE).status,
            "has_tags": len(old.get_object_tagging(NAME).tag_set.tagging_rule),
            "versioning": old.get_bucket_versioning().status,
            "content": old.get_object(NAME).read().decode(),
        }

    def pywayne(self, endpoint, bucket, id, secret, folder):
        manager = OssManager(endpoint, bucket, id, secret)
        tree = Path(folder) / "tree"
        (tree / "inner").mkdir(parents=True)
        (tree / "top.txt").write_text("top")
        (tree / "inner" / "deep.txt").write_text("grüß dich")
        image = np.zeros((4, 4, 3), np.uint8)
        return {
            "uploaded": manager.upload_directory(str(tree), "tree/"),
            "text": manager.upload_text("tree/note.txt", "hello"),
            "image": manager.upload_image("tree/image.jpg", image),
            "read": manager.read_file_content("tree/inner/deep.txt"),
            "folder": manager.list_directory_contents("tree"),
            "keys": manager.list_keys_with_prefix("tree/"),
            "exists": [manager.key_exists("tree/note.txt"), manager.key_exists("tree/none")],
            "metadata": manager.get_file_metadata("tree/note.txt")["content_length"],
            "copied": manager.copy_object("tree/note.txt", "copy.txt"),
            "moved": manager.move_object("copy.txt", "moved.txt"),
            "all": manager.list_all_keys(),
            "downloaded": manager.download_directory("tree/", str(Path(folder) / "down")),
            "deep": (Path(folder) / "down" / "tree" / "inner" / "deep.txt").read_text(),
            "deleted": manager.delete_files_with_prefix("tree/"),
            "left": manager.list_all_keys(),
            "anonymous": OssManager(endpoint, bucket).key_exists("moved.txt"),
        }


agent = Agent()
emit("started")
for line in sys.stdin:
    command = json.loads(line)
    try:
        emit("done", **getattr(agent, command.pop("do"))(**command))
    except Exception:
        emit("done", failed=traceback.format_exc())
