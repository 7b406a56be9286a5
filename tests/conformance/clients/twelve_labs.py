"""TwelveLabs' own SDK, unchanged: uploads a file, then asks what became of it in all the ways it can. The address of the
service is in TWELVELABS_BASE_URL, which the SDK heeds before any argument."""

import json
import sys

from twelvelabs import TwelveLabs

wishes = json.loads(sys.argv[1])
uploads = TwelveLabs(api_key="demo-key").multipart_upload
result = uploads.upload_file(wishes["path"], file_type="video")
said = {"assetId": result.asset_id, "assetUrl": result.asset_url}

if "unfinished" in wishes:
    # Left unfinished on purpose: what the SDK lists, and what it says of a session page by page.
    session = uploads.create(filename="unfinished.mp4", type="video", total_size=wishes["unfinished"])
    said["incomplete"] = [upload.upload_id for upload in uploads.list_incomplete_uploads()]
    said["unfinished"] = session.upload_id
    said["chunks"] = [[chunk.index, chunk.status] for chunk in uploads.get_status(session.upload_id)]
    more = uploads.get_additional_presigned_urls(session.upload_id, start=1, count=2)
    said["more"] = [url.chunk_index for url in more.upload_urls]

print(json.dumps(said))
