// The one place that knows where files go. A row asks for a destination each time it starts an upload.

import { s3 } from "/pkg/index.js";

export const destination = () => s3({ endpoint: "/s3/multipart" });
