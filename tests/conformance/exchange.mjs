// What matters of an exchange, as a flat list of fields: method, path, query, headers, the body's keys, types and values.
// What is different in every session, ids and addresses, is replaced by what it is.

import { sha256 } from "./world.mjs";

/** What every HTTP stack says of itself and its connection, and no service looks at. */
const TRANSPORT = [
  "accept-encoding", "accept-language", "cache-control", "connection", "content-length", "host", "keep-alive", "pragma",
  "sec-fetch-mode", "transfer-encoding", "user-agent",
];

/** Words are no ids: what is shorter than this stays as it is. */
const ID = 8;

/**
 * The exchanges, each with its fields. `roleOf` says what one is for, e.g. `{ role: "part", number: 3 }`; with `whenever`,
 * if the service does not mind when it comes. One that could as well have been many, or part of another, says in which
 * list of its body they are, and which key numbers them: `{ role: "report", each: "chunks", by: "index" }`. `ids` are
 * those that the client itself has made up, with their names.
 */
export function described(exchanges, roleOf, ids) {
  const names = new Names(ids);
  const rows = [];
  for (const exchange of exchanges) {
    const sent = parsed(exchange);
    const url = new URL(exchange.url);
    const { method, at } = exchange;
    const { each, by, ...row } = roleOf({ method, at, path: url.pathname, query: url.searchParams, json: sent });
    const add = (row, sent) => rows.push({ ...row, fields: fields(exchange, sent, url, names) });
    if (each) for (const item of sent[each]) add({ ...row, number: item[by] }, { ...sent, [each]: [item] });
    else add(row, sent);
    names.learn(exchange);
  }
  return rows;
}

function fields({ method, url: address, headers, body, status }, sent, url, names) {
  const all = new Map([["method", method]]);
  // A signed address has no fields: it is the one that was given, or it is refused.
  const given = names.gave(address);
  all.set("path", given ?? names.gave(url.origin + url.pathname) ?? names.told(decodeURIComponent(url.pathname)));
  if (!given) for (const [name, value] of url.searchParams) all.set(`query ${name}`, names.told(value));
  for (const [name, value] of Object.entries(headers)) {
    if (!TRANSPORT.includes(name)) all.set(`header ${name}`, value);
  }
  // Storage takes no body of unknown length.
  all.set("framing", "transfer-encoding" in headers ? "chunked" : "of known length");
  if (sent !== undefined) flatten("body", sent, names, all);
  else all.set("body", bytes(body));
  all.set("answer", String(status ?? "none"));
  return all;
}

function flatten(name, value, names, all) {
  if (Array.isArray(value)) {
    all.set(name, `array of ${value.length}`);
    value.forEach((inner, index) => flatten(`${name}[${index}]`, inner, names, all));
  } else if (value !== null && typeof value === "object") {
    all.set(name, "object");
    for (const [key, inner] of Object.entries(value)) flatten(`${name}.${key}`, inner, names, all);
  } else if (typeof value === "string") {
    const told = names.told(value);
    all.set(name, told.length > 100 ? `string, ${bytes(told)}` : `string ${JSON.stringify(told)}`);
  } else {
    all.set(name, `${Number.isInteger(value) ? "integer" : typeof value} ${JSON.stringify(value)}`);
  }
}

const bytes = (body) => (body.length === 0 ? "empty" : `${body.length} bytes, SHA-256 ${sha256(body)}`);

function parsed({ headers, body }) {
  if (!/json/.test(headers["content-type"] ?? "") || body.length === 0) return undefined;
  return JSON.parse(body.toString());
}

/** What the server has said so far, by the names under which it said it. */
class Names {
  #ids;
  #addresses = new Map();

  constructor(ids = {}) {
    this.#ids = new Map(Object.entries(ids));
  }

  learn({ answer, answerHeaders }) {
    const etag = answerHeaders?.etag?.replaceAll('"', "");
    if (etag) this.#ids.set(etag, "etag");
    if (/json/.test(answerHeaders?.["content-type"] ?? "") && answer.length > 0) this.#read("answer", JSON.parse(answer.toString()));
  }

  #read(name, value) {
    if (value !== null && typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) this.#read(Array.isArray(value) ? name : key, inner);
    } else if (typeof value === "string" && URL.canParse(value)) {
      this.#addresses.set(value, name);
    } else if (typeof value === "string" && value.length >= ID) {
      this.#ids.set(value, name);
    }
  }

  /** The address, if it is one that an answer gave. */
  gave(address) {
    const name = this.#addresses.get(address);
    return name && `as given in \`${name}\``;
  }

  /** The text with names instead of ids. */
  told(text) {
    // The longest first: one id may stand inside another.
    const ids = [...this.#ids].sort(([one], [other]) => other.length - one.length);
    return ids.reduce((text, [id, name]) => text.replaceAll(id, `{${name}}`), text);
  }
}
