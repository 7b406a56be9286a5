// The one place that knows where files go: the reference server's own services, each at its mount, with its key.
// A key in a page is a key for everyone. This one opens a server on your own machine; yours belongs in a proxy.

import { gjirafa, s3, subworkflow, veza } from "/pkg/index.js";

const KEY = "demo-key";

const services = {
  s3: () => s3({ endpoint: "/s3/multipart" }),
  veza: () => veza({ baseUrl: "/veza", providerId: "demo", dataSourceId: "demo", headers: { authorization: `Bearer ${KEY}` } }),
  gjirafa: () => gjirafa({ baseUrl: "/gjirafa", projectId: "demo", headers: { authorization: KEY } }),
  subworkflow: () => subworkflow({ baseUrl: "/subworkflow/v1", jobType: "extract", headers: { "x-api-key": KEY } }),
};

/** Where the files of a service go. */
export const destination = (service) => services[service]();
