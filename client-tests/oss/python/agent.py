"""Appends by Python clients that are too large for npm test: one story, told by JSON in the first argument; what it saw as JSON."""

import json
import sys


def pandas_story(endpoint, bucket, id, secret):
    """pandas by fsspec and ossfs, which appends to every file that is opened to be written."""
    import fsspec
    import numpy as np
    import pandas as pd

    options = {"endpoint": endpoint, "key": id, "secret": secret}
    table = pd.DataFrame({"t": np.arange(300_000), "celsius": np.sin(np.arange(300_000))})
    csv, parquet = f"oss://{bucket}/log.csv", f"oss://{bucket}/log.parquet"
    table[:50_000].to_csv(csv, index=False, storage_options=options)
    table[:2].to_csv(csv, mode="a", header=False, index=False, storage_options=options)
    table.to_parquet(parquet, storage_options=options)
    table[:1000].to_parquet(parquet, storage_options=options)
    table[:10].to_json(f"oss://{bucket}/log.json", storage_options=options)
    # ossfs loses its place in a file of several blocks, so a larger one needs a larger block.
    large = f"{bucket}/large.csv"
    fs = fsspec.filesystem("oss", **options)
    with fs.open(large, "wb", block_size=2**28) as file:
        table.to_csv(file, index=False)
    return {
        "csv": len(pd.read_csv(csv, storage_options=options)),
        "parquet": pd.read_parquet(parquet, storage_options=options).equals(table[:1000]),
        "json": len(pd.read_json(f"oss://{bucket}/log.json", storage_options=options)),
        "large": [fs.size(large) > 5 * 2**20, len(pd.read_csv(f"oss://{large}", storage_options=options))],
    }


def opendal_story(endpoint, bucket, id, secret):
    import opendal

    operator = opendal.Operator(
        "oss",
        endpoint=endpoint,
        bucket=bucket,
        access_key_id=id,
        access_key_secret=secret,
        addressing_style="path",
    )
    operator.write("log.csv", b"one\n", append=True, content_type="text/csv")
    operator.write("log.csv", b"two\n", append=True)
    large = bytes(range(256)) * 40_000
    operator.write("large", large, append=True)
    found = operator.stat("log.csv")
    return {
        "content": operator.read("log.csv").decode(),
        "large": operator.read("large") == large,
        "length": found.content_length,
        "type": found.content_type,
        "listed": sorted(entry.path for entry in operator.list("")),
    }


command = json.loads(sys.argv[1])
print(json.dumps(globals()[command.pop("story")](**command)))
