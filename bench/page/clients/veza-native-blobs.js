// The same, each window in a Blob of its own: nothing is joined in one long task.

import { client, pieced } from "../veza-by-hand.js";

export const send = client((fields, part) => pieced(fields, part, (bytes) => new Blob([bytes.toBase64()])));
