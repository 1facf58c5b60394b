"""Every parameter and header of every operation of S3 that botocore knows, as one line of JSON: `params` and `headers`."""

import json

import botocore.session

model = botocore.session.get_session().get_service_model("s3")
params, headers = set(), set()
for operation in map(model.operation_model, model.operation_names):
    _, _, query = operation.http["requestUri"].partition("?")
    params |= {each.split("=")[0] for each in query.split("&") if each}
    for member in operation.input_shape.members.values() if operation.input_shape else ():
        location = member.serialization.get("location")
        if location == "querystring":
            params.add(member.serialization["name"])
        elif location == "header":
            headers.add(member.serialization["name"].lower())
print(json.dumps({"params": sorted(params), "headers": sorted(headers)}))
