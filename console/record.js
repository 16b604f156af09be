// The record: what each evaluation found, and the ledger to download.

import { download, get, Problem } from "./api.js";
import { h, say, table } from "./dom.js";
import { count, label, when } from "./words.js";

export async function showRecord({ groups }) {
  const { evaluations } = await get("/evaluations");
  const keeps = groups.includes("auditor") || groups.includes("hr_admin");
  return h(
    "div",
    { class: "case" },
    keeps && (await ledger(evaluations)),
    keeps && findCase(),
    runs(evaluations, keeps ? "h2" : "h1"),
  );
}

/** So many periods have a download button. Older ones have their address in the API. */
const LATEST_PERIODS = 3;

async function ledger(evaluations) {
  let latest = null;
  try {
    latest = (await get("/ledger/checkpoint")).checkpoint;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
  }
  const take = (path, text) => {
    const button = h(
      "button",
      {
        class: "second",
        onclick: async () => {
          button.disabled = true;
          try {
            say(`Saved ${await download(path)}.`);
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            say(error.message, true);
          } finally {
            button.disabled = false;
          }
        },
      },
      text,
    );
    return button;
  };
  return h(
    "section",
    {},
    h("h1", {}, "The record"),
    latest === null
      ? h("p", {}, "Nothing has been sealed yet.")
      : [
          h(
            "p",
            {},
            "The latest checkpoint is number ",
            h("b", {}, count(latest.number)),
            " and covers ",
            h("b", {}, count(latest.size)),
            " events. It was signed ",
            when(latest.time),
            ".",
          ),
          h("p", { class: "quiet" }, "Root ", h("code", {}, latest.root)),
          h(
            "p",
            { class: "quiet" },
            "Keep a checkpoint outside Plumbline. With it you can show later that nothing in the record " +
              "was changed or removed.",
          ),
          h(
            "div",
            { class: "actions" },
            take("/ledger/checkpoint", "Download this checkpoint"),
            take("/ledger/evidence", "Download the whole ledger"),
            [...new Set(evaluations.map((run) => run.period))]
              .slice(0, LATEST_PERIODS)
              .map((period) =>
                take(`/periods/${encodeURIComponent(period)}/evidence`, `Download all of ${period}`),
              ),
          ),
        ],
  );
}

function findCase() {
  const form = h(
    "form",
    {
      class: "find",
      onsubmit: (event) => {
        event.preventDefault();
        location.hash = `#/record/${encodeURIComponent(form.elements.id.value.trim())}`;
      },
    },
    h(
      "p",
      { class: "field" },
      h("label", { for: "id" }, "Id of a case"),
      h("input", {
        id: "id",
        name: "id",
        type: "text",
        required: true,
        autocapitalize: "none",
        spellcheck: "false",
      }),
    ),
    h("button", { class: "second" }, "Open its history"),
  );
  return form;
}

function runs(evaluations, level) {
  const rows = evaluations.map((run) => [
    run.period,
    run.policy,
    when(run.completed_at),
    Object.entries(run.outcomes)
      .sort(([, one], [, other]) => other - one)
      .map(([name, number]) => h("span", { class: "chip" }, `${label("outcome", name)} ${count(number)}`)),
    h("code", {}, run.decisions_root.slice(0, 16)),
  ]);
  return h(
    "section",
    {},
    h(level, {}, "Evaluations"),
    rows.length
      ? table(
          "Evaluations, the latest period first",
          ["Period", "Policy", "Finished", "Outcomes", "Root hash of the decisions"],
          rows,
          { class: "cards" },
        )
      : h("p", { class: "nothing" }, "No period has been evaluated yet."),
  );
}
