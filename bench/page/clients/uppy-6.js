// Uppy 6, which sends the parts of a file one after the other and up to six files at once.

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { sendAll as send } from "../uppy.js";

export const sendAll = (files, options) => send(Uppy, AwsS3, files, { companionEndpoint: location.origin, ...options });
