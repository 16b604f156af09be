// The words of the console: labels of codes, people, times and counts.
// labels.json is a copy of shared/domain/labels.json, from which mails and pages are worded, too.

const answer = await fetch(new URL("labels.json", import.meta.url));
if (!answer.ok) throw new Error("The file labels.json is missing beside this page.");
const LABELS = await answer.json();

/** `label("exit", "graduated")`. A policy may name stages and answers of its own;
 * those are shown as they are. */
export function label(kind, code) {
  if (code === null || code === undefined) return "–";
  return LABELS[kind][code] ?? code.replaceAll("_", " ");
}

/** What a request asks, about whom: its heading as the response page has it. */
export function heading(request, rep) {
  const text = label("question_heading", request.purpose);
  return text.replaceAll("{rep}", person(rep)).replaceAll("{stage}", label("stage", request.stage));
}

export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** A person's name; the id of someone who has left the directory. */
export function person(someone) {
  return someone ? (someone.name ?? someone.id) : "–";
}

const DAY = { year: "numeric", month: "short", day: "numeric" };
const MINUTE = { ...DAY, hour: "2-digit", minute: "2-digit" };

/** A time in the reader's own time zone. */
export function when(stamp, exact = true) {
  return new Intl.DateTimeFormat(undefined, exact ? MINUTE : DAY).format(new Date(stamp));
}

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** The time left: `in 2 days`, `3 hours late`. `asOf` is the service's time, not this machine's. */
export function distance(stamp, asOf) {
  const seconds = (new Date(stamp) - new Date(asOf)) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
  const count = Math.max(1, Math.floor(Math.abs(seconds) / length));
  const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `${text} late` : `in ${text}`;
}

export function count(number) {
  return new Intl.NumberFormat("en").format(number);
}
