"""Veza's own SDK, unchanged: pushes a file in parts, or as the metadata of a data source."""

import json
import os
import sys

from oaaclient.client import OAAClient

wishes = json.loads(sys.argv[1])
# The server's certificate is made at its start; only this name of the SDK's own lets it be.
os.environ["VEZA_UNSAFE_HTTPS"] = "true"
client = OAAClient(url=wishes["url"], api_key="demo-key")
with open(wishes["path"], encoding="utf-8") as file:
    text = file.read()
if "partSize" in wishes:
    answer = client.datasource_push_parts(
        wishes["providerId"], wishes["dataSourceId"], text, part_size=wishes["partSize"]
    )
else:
    client.enable_multipart = True
    answer = client.push_metadata("provider", "source", json.loads(text))
print(json.dumps(answer))
