"""Every parameter that Aliyun's own Python clients sign or send with an operation: what they may ask for, as one line of JSON: `signed` by V1, and `all`."""

import json
import re
from pathlib import Path

import alibabacloud_oss_v2
import oss2.auth
from alibabacloud_oss_v2.signer.v1 import SignerV1

signed = set(oss2.auth.ProviderAuth._subresource_key_set) | set(SignerV1._subresource_key_set)
others = set()
for file in (Path(alibabacloud_oss_v2.__file__).parent / "operations").rglob("*.py"):
    for parameters in re.findall(r"parameters=\{([^}]*)\}", file.read_text()):
        others |= set(re.findall(r"'([^']+)'\s*:", parameters))
print(json.dumps({"signed": sorted(signed), "all": sorted(signed | others)}))
