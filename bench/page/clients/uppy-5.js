// Uppy 5, which sends six parts at once.

import { AwsS3, Uppy } from "uppy-5";
import { sendAll as send } from "../uppy.js";

export const sendAll = (files, options) => send(Uppy, AwsS3, files, { endpoint: location.origin, ...options });
