// Veza by hand, as well as a page can do it: the language's own toBase64, window by window, into one Blob.

import { client, pieced } from "../veza-by-hand.js";

export const send = client((fields, part) => pieced(fields, part, (bytes) => bytes.toBase64()));
