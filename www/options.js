// The options panel, read into upload options. An empty field is left out: the library then chooses.
// What a service does not allow is not checked here; the upload's own error says it better.

import { destination } from "./destinations.js";

const MIB = 1024 * 1024;

/** What the panel says now: `{ to, partSize?, concurrency?, transport }`. */
export function chosenOptions(form) {
  const { service, partSize, concurrency, transport } = form.elements;
  return {
    to: destination(service.value),
    ...(partSize.value !== "" && { partSize: Math.round(partSize.valueAsNumber * MIB) }),
    ...(concurrency.value !== "" && { concurrency: concurrency.valueAsNumber }),
    transport: transport.value,
  };
}
