// Codes in the words of the people who read them. A policy may name stages and answers of its own.

const KNOWN = {
  "waiting/answer": "an answer", "waiting/results": "results", "waiting/hr": "HR",
  "exit/graduated": "ended well", "exit/withdrawn": "withdrawn", "exit/excepted": "exception granted",
  "exit/removal_approved": "removal approved", "exit/left_company": "left the company", "exit/policy_closed": "policy ended",
  "group/manager_id": "manager", "group/hr_partner_id": "HR partner", "group/timezone": "time zone",
  "hold/dispute": "figures disputed", "hold/exception": "exception asked for", "hold/withdrawal": "withdrawal to confirm", "hold/leave": "leave",
  "seat/manager": "manager", "seat/skip_level": "manager’s manager", "seat/hr_partner": "HR partner", "seat/hr_queue": "HR queue", "seat/rep": "rep",
  "purpose/stage_plan": "What should happen in this stage?", "purpose/gate": "Should the next stage begin?",
  "purpose/dispute": "Are the disputed figures wrong?", "purpose/exception": "Is the exception granted?",
  "purpose/withdrawal": "Is the case withdrawn?", "purpose/leave": "May the case go on after the leave?",
  "purpose/removal_proposal": "What is proposed after the last stage?", "purpose/removal_approval": "Is the removal approved?",
  "purpose/check_in": "Did the check-in take place?", "purpose/rep": "What does the rep have to say?",
  "answer/coach": "I will coach", "answer/agree_plan": "I will carry out the plan", "answer/dispute_figures": "The figures are wrong",
  "answer/request_exception": "Ask HR for an exception", "answer/propose_removal": "Propose removal", "answer/extend_plan": "Give more time",
  "answer/held": "It took place", "answer/not_held": "It did not take place", "answer/acknowledge": "I have read this", "answer/rebut": "I see it differently",
  "answer/publish": "Let it begin", "answer/extend": "Give more time", "answer/close": "Close the case",
  "answer/uphold": "The figures were wrong", "answer/reject": "The figures are right",
  "answer/grant": "Grant the exception", "answer/refuse": "Refuse the exception",
  "answer/withdraw": "Withdraw the case", "answer/keep": "Keep the case open", "answer/resume": "The case may go on",
  "answer/approve": "Approve", "answer/send_back": "Send back",
  "request/open": "open", "request/answered": "answered", "request/expired": "no answer in time", "request/withdrawn": "no longer asked", "request/bounced": "mail came back",
  "refused/empty": "no data row", "refused/header_missing_column": "a needed column is missing", "refused/header_duplicate_column": "a column stands twice",
  "refused/header_extra_column": "a column too many", "refused/not_text": "not a text file", "refused/truncated_gzip": "damaged or cut off",
  "refused/too_large": "too large", "refused/too_compressed": "unpacks to far too much", "refused/manifest_mismatch": "differs from its manifest",
  "refused/too_many_rejected": "too many rows rejected", "refused/unknown_profile": "no such profile",
  "outcome/open_case": "flagged", "outcome/clear": "clear", "outcome/not_assessable": "not assessable", "outcome/out_of_scope": "out of scope", "outcome/structural": "structural",
};

/** `word("exit", "graduated")`; a code that is not known reads as itself. */
export function word(kind, code) {
  if (code === null || code === undefined) return "–";
  return KNOWN[`${kind}/${code}`] ?? String(code).replaceAll("_", " ");
}

/** A person by name, with the id where there is no name. */
export function person(someone) {
  return someone ? someone.name ?? someone.id : "–";
}

/** A sentence of the service with its figures kept in one piece. */
export function tidy(text) {
  return text.replaceAll(" %", "\u00a0%");
}

const DAY = { year: "numeric", month: "short", day: "numeric" };
const MINUTE = { ...DAY, hour: "2-digit", minute: "2-digit" };

/** A moment in the reader's own zone, as a `time` element's text. */
export function when(stamp, exact = true) {
  return new Intl.DateTimeFormat(undefined, exact ? MINUTE : DAY).format(new Date(stamp));
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** How far off: `in 2 days`, `3 hours late`. `asOf` is the product's time, which is not always this machine's. */
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

/** `0.5125` as `51.25 %`: the point is moved in the text, nothing is rounded. */
export function percent(ratio) {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(ratio);
  const digits = whole + fraction.padEnd(2, "0").slice(0, 2);
  const rest = fraction.slice(2).replace(/0+$/, "");
  return `${sign}${digits.replace(/^0+(?=\d)/, "")}${rest ? "." + rest : ""}\u00a0%`;
}
