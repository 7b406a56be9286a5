// Uppy 5 beside Uppy 6: a package of its own, so that each finds the core it belongs to.

export { default as AwsS3 } from "@uppy/aws-s3";
export { default as Uppy } from "@uppy/core";
