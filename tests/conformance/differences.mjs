// The comparison of two clients, and of its outcome with the list of what may differ.

import { readFileSync } from "node:fs";
import { parse } from "smol-toml";

/** One line for each difference, `role: what`; a difference that all parts share is one. Both from `described`. */
export function differences(theirs, ours) {
  const lines = new Set();
  const roles = (rows) => [...new Set(rows.map(({ role }) => role))];
  const shared = roles(theirs).filter((role) => roles(ours).includes(role));
  for (const role of new Set([...roles(theirs), ...roles(ours)])) {
    if (!shared.includes(role)) lines.add(`${role}: exchange only ${roles(theirs).includes(role) ? "theirs" : "ours"}`);
  }
  const order = (rows) => roles(rows.filter(({ whenever }) => !whenever)).filter((role) => shared.includes(role)).join(", ");
  if (order(theirs) !== order(ours)) lines.add(`order: theirs ${order(theirs)}; ours ${order(ours)}`);
  for (const role of shared) {
    const [one, other] = [theirs, ours].map((rows) => numbered(rows, role));
    for (const [number, fields] of one) {
      if (other.has(number)) compare(fields, other.get(number), (what) => lines.add(`${role}: ${what}`));
      else lines.add(`${role}: more often theirs`);
    }
    if ([...other.keys()].some((number) => !one.has(number))) lines.add(`${role}: more often ours`);
  }
  return [...lines];
}

/** The exchanges of a role by the number of their part, else as they came. */
function numbered(rows, role) {
  const ofRole = rows.filter((row) => row.role === role);
  return new Map(ofRole.map(({ number, fields }, index) => [number ?? `the ${index}th`, fields]));
}

function compare(theirs, ours, tell) {
  // Whatever is inside of something that only one of them has is not told as well.
  const inside = (name, fields) => /[.[]/.test(name) && !fields.has(name.replace(/(\.[^.[]+|\[\d+\])$/, ""));
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    const all = name.replaceAll(/\[\d+\]/g, "[]");
    if (inside(name, theirs) || inside(name, ours)) continue;
    if (!ours.has(name)) tell(`${all} only theirs`);
    else if (!theirs.has(name)) tell(`${all} only ours`);
    else if (theirs.get(name) !== ours.get(name)) tell(`${all}: theirs ${theirs.get(name)}; ours ${ours.get(name)}`);
  }
}

/** The role that stands for all of them. */
const EVERY = "every";

/** The differences that are meant: for each client, role, and difference the reason. */
export const meant = parse(readFileSync(new URL("differences.toml", import.meta.url), "utf8"));

/** What is wrong with these lines: differences that nobody meant, and meant ones that are not there any more. */
export function complaints(client, lines, list = meant) {
  const listed = Object.entries(list[client] ?? {}).flatMap(([role, reasons]) =>
    Object.entries(reasons).map(([what, reason]) => ({ role, what, reason })));
  const covers = ({ role, what }) => (role === EVERY ? (line) => line.endsWith(`: ${what}`) : (line) => line === `${role}: ${what}`);
  const told = ({ role, what }) => `${client} ${role}: ${what}`;
  return [
    ...lines.filter((line) => !listed.some((one) => covers(one)(line))).map((line) => `${client} ${line}`),
    ...listed.filter((one) => !lines.some(covers(one))).map((one) => `${told(one)}: in differences.toml, but not so any more`),
    ...listed.filter(({ reason }) => !/\w+ \w+/.test(reason)).map((one) => `${told(one)}: without a reason`),
  ];
}
