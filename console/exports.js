// Exports: what was accepted, and exactly which cells were rejected.

import { download, get, Problem } from "./api.js";
import { h, say, table } from "./dom.js";
import { count, label, when } from "./words.js";

export async function showExports() {
  const answer = await get("/exports");
  const rows = h("div", {}, rowsOf(answer.exports));
  const shown = [...answer.exports];
  let cursor = answer.next;
  const more = h(
    "button",
    {
      class: "second more",
      hidden: cursor === null,
      onclick: async () => {
        const page = await get("/exports", { cursor });
        shown.push(...page.exports);
        cursor = page.next;
        more.hidden = cursor === null;
        rows.replaceChildren(rowsOf(shown));
      },
    },
    "Show more",
  );
  return h(
    "section",
    { class: "wide" },
    h("h1", {}, "Exports"),
    h("p", { class: "quiet" }, "The latest first. A refused file changes nothing."),
    answer.exports.length ? rows : h("p", { class: "nothing" }, "No export has arrived yet."),
    more,
  );
}

function rowsOf(exports) {
  return table(
    "Exports, the latest first",
    ["File", "Arrived", "Outcome", "Rows", "Rejected", "Periods"],
    exports.map((batch) => [
      [
        h("a", { href: `#/exports/${encodeURIComponent(batch.id)}` }, batch.name),
        h("span", { class: "quiet" }, batch.profile),
      ],
      when(batch.known_at),
      outcome(batch),
      count(batch.rows),
      h("span", { class: batch.rejected ? "late" : null }, count(batch.rejected)),
      span(batch.periods),
    ]),
    { class: "cards" },
  );
}

function outcome(batch) {
  return batch.refused
    ? h("span", { class: "late" }, `refused: ${label("refusal", batch.refused)}`)
    : "accepted";
}

function span(periods) {
  return periods.length > 2 ? `${periods[0]} to ${periods.at(-1)}` : periods.join(", ") || "–";
}

export async function showExport({ id }) {
  const address = `/exports/${encodeURIComponent(id)}`;
  const batch = await get(address);
  const codes = Object.entries(batch.codes).sort(([, one], [, other]) => other - one);
  const facts = [
    ["Profile", batch.profile],
    ["Arrived", when(batch.known_at)],
    ["Rows", count(batch.rows)],
    ["Accepted", count(batch.accepted)],
    ["Rejected", count(batch.rejected)],
    ["Periods", span(batch.periods)],
    ["Size", `${count(batch.bytes)} bytes`],
    ["SHA-256", h("code", {}, batch.sha256)],
  ];
  return h(
    "div",
    { class: "case" },
    h("p", { class: "back" }, h("a", { href: "#/exports" }, "‹ All exports")),
    h(
      "section",
      {},
      h("h1", {}, batch.name),
      h(
        "p",
        { class: batch.refused ? "alert" : "who" },
        batch.refused ? `Refused: ${label("refusal", batch.refused)}. It changed nothing.` : "Accepted.",
      ),
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
      ),
    ),
    codes.length > 0 &&
      h(
        "section",
        {},
        h("h2", {}, "Faults"),
        table(
          "Faults by kind",
          ["Fault", "Count"],
          codes.map(([code, number]) => [label("fault", code), count(number)]),
        ),
      ),
    batch.rejected > 0 && (await rejects(address)),
  );
}

const MOST_SHOWN = 500;

async function rejects(address) {
  let rejected;
  try {
    ({ rejected } = await get(`${address}/rejected`));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    return h(
      "section",
      {},
      h("h2", {}, "Rejected rows"),
      h("p", {}, "They were not stored, because the whole file was refused."),
    );
  }
  const rows = rejected.flatMap((row) =>
    row.faults.map((fault) => [
      `Line ${count(row.line)}`,
      fault.column ?? "the whole row",
      label("fault", fault.code),
      fault.value === null ? "–" : h("code", {}, fault.value),
    ]),
  );
  const save = h(
    "button",
    {
      class: "second",
      onclick: async () => say(`Saved ${await download(`${address}/rejected?format=csv`)}.`),
    },
    "Download as CSV",
  );
  return h(
    "section",
    {},
    h("h2", {}, "Rejected rows"),
    h(
      "p",
      { class: "quiet" },
      rows.length > MOST_SHOWN
        ? `The first ${MOST_SHOWN} of ${count(rows.length)} faults; all are in the CSV.`
        : `${count(rows.length)} faults, by line of the file.`,
    ),
    save,
    table("Faults by line", ["Row", "Column", "Fault", "Value"], rows.slice(0, MOST_SHOWN), {
      class: "cards",
    }),
  );
}
