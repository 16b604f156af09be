// One case: who has to act, the figures, the questions, and what happened.

import { download, get, Problem, post } from "./api.js";
import { chart } from "./chart.js";
import { comparators, confirmation, lookUp, refresh } from "./comparators.js";
import { h, say, table } from "./dom.js";
import { leave } from "./leave.js";
import { reasonForm } from "./reason_form.js";
import { capital, distance, heading, label, person, when } from "./words.js";

export async function showCase({ id, again, groups }) {
  const address = `/cases/${encodeURIComponent(id)}`;
  if (!groups.some((group) => group.startsWith("hr_")))
    return sealed(id, await get(`${address}/events`), address);
  const found = await get(address);
  const { events } = await get(`${address}/events`);
  const asked = found.requests.filter((request) => request.yours);
  const shown =
    asked.some((request) => request.compares) || (found.may_end_in_removal && found.status === "open")
      ? await lookUp(address)
      : null;
  const others = { shown, place: comparators(address, shown) };
  return h(
    "div",
    { class: "case" },
    h("p", { class: "back" }, h("a", { href: "#/cases" }, "‹ All cases")),
    head(found),
    restated(found),
    shown && others.place,
    asked.map((request) => decision(found, request, address, again, others)),
    figures(found),
    !shown && others.place,
    questions(found),
    history(events),
    leave(found, address, again),
    evidence(address),
  );
}

function head(found) {
  const open = found.status === "open";
  const facts = [
    ["Role", [found.role, found.region].filter(Boolean).join(", ") || "–"],
    ["Manager", person(found.manager)],
    [label("seat", "hr_partner"), person(found.hr_partner)],
    ["Policy", `${found.policy_title || found.policy} (${found.policy})`],
    ["Opened", `${when(found.opened_at, false)}, for ${found.opened_for}`],
    found.stage_ends_at && open && ["Stage ends", when(found.stage_ends_at)],
    found.goal && open && ["Goal", found.goal],
  ].filter(Boolean);
  return h(
    "section",
    {},
    h("h1", {}, person(found.rep)),
    ladder(found),
    open
      ? h(
          "p",
          { class: found.overdue ? "who late-box" : "who" },
          h("b", {}, person(found.owner)),
          " has to act next, ",
          h("b", { class: found.overdue ? "late" : null }, distance(found.due_at, found.as_of)),
          h("span", { class: "quiet" }, ` (by ${when(found.due_at)})`),
        )
      : h(
          "p",
          { class: "who" },
          "Closed: ",
          h("b", {}, label("exit", found.exit)),
          ". ",
          label("exit_meaning", found.exit),
        ),
    found.on_hold &&
      h(
        "p",
        { class: "notice" },
        `Paused: ${label("pause", found.on_hold)}. The case waits for HR, and these days do not count.`,
      ),
    found.marked &&
      h(
        "p",
        { class: "notice" },
        "Restated figures no longer support this case. HR is asked to confirm its withdrawal.",
      ),
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
    ),
  );
}

function ladder(found) {
  const here = found.ladder.indexOf(found.stage);
  return h(
    "ol",
    { class: "ladder", "aria-label": "Stages of the policy" },
    found.ladder.map((stage, index) =>
      h(
        "li",
        {
          class: index < here ? "past" : index === here ? "here" : null,
          "aria-current": index === here ? "step" : null,
        },
        label("stage", stage),
      ),
    ),
  );
}

function decision(found, request, address, again, others) {
  const id = `decision-${request.id}`;
  return reasonForm({
    id,
    title: heading(request, found.rep),
    act: "Record my decision",
    hint: "They are kept on record.",
    before: [
      h(
        "p",
        { class: "quiet" },
        `Please decide by ${when(request.due_at)} (${distance(request.due_at, found.as_of)}).`,
        request.on_behalf_of && ` You act for ${person(request.on_behalf_of)}.`,
        request.adverse && " This may cost someone their job. It takes two people, and you are the second.",
      ),
      h(
        "fieldset",
        {},
        h("legend", {}, "Your decision"),
        request.choices.map((choice) =>
          h(
            "label",
            { class: "choice" },
            h("input", { type: "radio", name: "choice", value: choice, required: true }),
            h("b", {}, label("answer", choice)),
          ),
        ),
      ),
      request.compares && confirmation(id),
    ],
    send: async ({ choice: { value: choice }, reason, seen }) => {
      const compared = request.compares ? { compared: others.shown.compared } : {};
      try {
        await post(`${address}/decisions`, {
          request_id: request.id,
          choice,
          reason: reason.value,
          ...compared,
        });
      } catch (error) {
        if (request.compares && error.status === 409)
          others.shown = await refresh(address, others.place, seen);
        throw error;
      }
      await again();
      say(`Recorded: ${label("answer", choice)}.`);
    },
  });
}

function figures(found) {
  const rows = found.periods.map((period) => [
    [
      period.period,
      period.counted && h("span", { class: "chip" }, "led to this case"),
      period.since && h("span", { class: "chip" }, "since then"),
    ],
    period.says,
  ]);
  return h(
    "section",
    {},
    h("h2", {}, "What was found"),
    found.findings.map((finding) => h("p", {}, finding.says)),
    h("div", { class: "scroll" }, chart(found.periods, found.bar, found.bar_says)),
    table("The arithmetic, period by period", ["Period", "How it came about"], rows, { class: "arithmetic" }),
  );
}

function restated(found) {
  if (!found.restated) return null;
  const before = new Map(found.periods.map((period) => [period.period, period.says]));
  const rows = found.restated.periods.map((period) => [
    period.period,
    before.get(period.period) ?? "–",
    period.says,
  ]);
  return h(
    "section",
    {},
    h("h2", {}, `Restated: ${label("outcome_meaning", found.restated.outcome)}`),
    found.restated.findings.map((finding) => h("p", {}, finding.says)),
    table("The arithmetic before and after", ["Period", "Before", "Restated"], rows, { class: "arithmetic" }),
  );
}

function questions(found) {
  const rows = found.requests.map((request) => [
    capital(label("question_topic", request.purpose)),
    [
      person(request.assignee),
      request.seat !== "hr_queue" &&
        h(
          "span",
          { class: "quiet" },
          label("seat", request.seat),
          request.on_behalf_of && `, in place of ${person(request.on_behalf_of)}`,
        ),
    ],
    when(request.asked_at),
    [
      h("span", { class: request.overdue ? "late" : null }, label("request_status", request.status)),
      !request.answer && h("span", { class: "quiet" }, `due ${when(request.due_at)}`),
    ],
    request.answer
      ? [
          h("b", {}, label("answer", request.answer.choice)),
          h("q", {}, request.answer.reason),
          h(
            "span",
            { class: "quiet" },
            `${person(request.answer.answered_by)}, ${when(request.answer.answered_at)}`,
          ),
        ]
      : "–",
  ]);
  if (!rows.length) return null;
  return h(
    "section",
    {},
    h("h2", {}, "Who was asked"),
    table("Questions of this case, oldest first", ["Question", "Whom", "Asked", "State", "Answer"], rows, {
      class: "cards",
    }),
  );
}

const HIDDEN_KEYS = new Set(["decision", "inputs", "findings"]);

function history(events) {
  const list = h("ol", { class: "story" }, events.map(entry));
  const quiet = events.filter((event) => event.background).length;
  const toggle =
    quiet > 0 &&
    h(
      "label",
      { class: "toggle" },
      h("input", {
        type: "checkbox",
        onchange: (event) => list.classList.toggle("all", event.target.checked),
      }),
      `Show mails, opened links and technical steps (${quiet})`,
    );
  return h("section", {}, h("h2", {}, "What happened"), toggle, list);
}

function entry(event) {
  const typed = Object.entries(event.private ?? {}).filter(
    ([key, value]) => !HIDDEN_KEYS.has(key) && typeof value === "string",
  );
  const behind = {
    ...event.data,
    ...(Object.keys(event.relied_on).length ? { relied_on: event.relied_on } : {}),
  };
  return h(
    "li",
    { class: event.background ? "background" : null },
    h(
      "p",
      { class: "quiet" },
      h("time", { datetime: event.occurred_at }, when(event.occurred_at)),
      ` · ${event.by}`,
    ),
    h("p", {}, event.says),
    typed.map(([key, value]) =>
      h("blockquote", {}, key !== "reason" && h("b", {}, `${key.replaceAll("_", " ")}: `), value),
    ),
    event.sealed &&
      h(
        "p",
        { class: "quiet sealed" },
        "Sealed. Hash of the sealed text: ",
        `${event.commitment.slice(0, 16)}…`,
      ),
    h(
      "details",
      {},
      h("summary", {}, `Event ${event.sequence}: ${event.tag}`),
      h("pre", {}, JSON.stringify(behind, null, 2)),
    ),
  );
}

function evidence(address) {
  const button = h(
    "button",
    {
      class: "second",
      onclick: async () => {
        button.disabled = true;
        try {
          say(`Saved ${await download(`${address}/evidence`)}.`);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          say(error.message, true);
        } finally {
          button.disabled = false;
        }
      },
    },
    "Download the evidence",
  );
  return h(
    "section",
    {},
    h("h2", {}, "Evidence"),
    h(
      "p",
      {},
      "A zip file that anyone can check without Plumbline. It has the events with their proofs, " +
        "the signed checkpoints, the policy, and a chronicle to print. " +
        "The download is recorded with your name.",
    ),
    button,
  );
}

function sealed(id, { events }, address) {
  return h(
    "div",
    { class: "case" },
    h("p", { class: "back" }, h("a", { href: "#/record" }, "‹ The record")),
    h(
      "section",
      {},
      h("h1", {}, `Case ${id}`),
      h("p", { class: "quiet" }, "Private texts are sealed for you. You can still check their hashes."),
    ),
    history(events),
    evidence(address),
  );
}
