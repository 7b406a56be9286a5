// An app that has its parts encoded in a worker: the outcome says how many were, what the app was told, and
// what Veza, which asks for no name, knows the file by.
import { upload, veza } from "upslice";
import { send } from "./send.js";

// A busy machine may take its time: the pool's clock stands still.
const { setInterval } = window;
window.setInterval = (call, delay) => (delay === 1000 ? undefined : setInterval(call, delay));

let made = 0;
let ids;
const notices = [];
window.Worker = class extends Worker {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", ({ data }) => { if (data.made) made += 1; });
  }
};

const server = new URLSearchParams(location.search).get("server");
const to = veza({ baseUrl: `${server}/veza`, providerId: "p", dataSourceId: "d", headers: { authorization: "Bearer demo-key" } });
const inWorkers = (file, options) => {
  const one = upload(file, { ...options, to, worker: true });
  one.addEventListener("notice", ({ detail }) => notices.push(detail));
  one.then(({ uploadId, objectId }) => (ids = [uploadId, objectId]));
  return one;
};
window.outcome = send(inWorkers, () => to).then((outcome) => ({ ...outcome, ids, made, notices }));
