// Stands between a client and the server, passes everything on, and keeps it. The one thing it changes: where an answer
// names an address of the server, it names ours instead, so that clients come through here for every request.

import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import selfsigned from "selfsigned";
import { atTheEnd } from "./world.mjs";

/** Headers that belong to one connection, not to the exchange. */
const HOP = ["connection", "keep-alive", "transfer-encoding", "content-length"];

/** A recorder in front of each of these origins; `origins` are those to give to a client. */
export async function record(upstream) {
  const exchanges = [];
  const origins = {};
  const ours = (text) => Object.keys(origins).reduce((text, name) => text.replaceAll(upstream[name], origins[name]), text);
  for (const [name, origin] of Object.entries(upstream)) {
    const listener = origin.startsWith("https:")
      ? https.createServer(await certificate(), (request, answer) => pass(name, request, answer))
      : http.createServer((request, answer) => pass(name, request, answer));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    origins[name] = `${new URL(origin).protocol}//127.0.0.1:${listener.address().port}`;
    atTheEnd(() => {
      listener.closeAllConnections();
      listener.close();
    });
  }

  async function pass(name, request, answer) {
    try {
      const body = await whole(request);
      const exchange = { at: name, url: origins[name] + request.url, method: request.method, headers: request.headers, body };
      // In the order in which they were sent; what comes back is filled in.
      exchanges.push(exchange);
      const { statusCode, headers, answered } = await ask(upstream[name], request, body);
      const said = /json|text/.test(headers["content-type"] ?? "") ? Buffer.from(ours(answered.toString())) : answered;
      Object.assign(exchange, { status: statusCode, answerHeaders: headers, answer: said });
      const kept = Object.entries(headers).filter(([name]) => !HOP.includes(name));
      const framing = statusCode === 204 ? {} : { "content-length": said.length };
      answer.writeHead(statusCode, { ...Object.fromEntries(kept), ...framing }).end(said);
    } catch {
      // To the client it looks like the broken connection that it is.
      answer.destroy();
    }
  }

  return { origins, exchanges };
}

/** Sends what came to the origin itself: its `Host`, which signatures cover, and all other headers as they were. */
async function ask(origin, { method, url, headers }, body) {
  const { request } = origin.startsWith("https:") ? https : http;
  const asked = request(origin + url, { method, headers: { ...headers, host: new URL(origin).host }, rejectUnauthorized: false });
  asked.end(body);
  const [answer] = await once(asked, "response");
  return { statusCode: answer.statusCode, headers: answer.headers, answered: await whole(answer) };
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One for this run, which nobody trusts. */
async function certificate() {
  const { private: key, cert } = await selfsigned.generate([{ name: "commonName", value: "127.0.0.1" }], { algorithm: "sha256" });
  return { key, cert };
}
