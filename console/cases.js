// The list of cases. Late cases come first.

import { get } from "./api.js";
import { h, table } from "./dom.js";
import { count, distance, label, person, when } from "./words.js";

const FILTERS = ["status", "stage", "waiting_for", "overdue", "manager", "hr_partner", "region", "role"];

export async function showCases({ query }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const answer = await get("/cases", filters);
  const closed = filters.status === "closed";
  const rows = h("div", {}, rowsOf(answer.cases, closed, answer.as_of));
  const shown = [...answer.cases];
  let cursor = answer.next;
  const more = h(
    "button",
    {
      class: "second more",
      hidden: cursor === null,
      onclick: async () => {
        const page = await get("/cases", { ...filters, cursor });
        shown.push(...page.cases);
        cursor = page.next;
        more.hidden = cursor === null;
        rows.replaceChildren(rowsOf(shown, closed, page.as_of));
      },
    },
    "Show more",
  );
  return h(
    "section",
    { class: "wide" },
    h("h1", {}, closed ? "Closed cases" : "Open cases"),
    summary(answer, closed),
    filterForm(filters, answer.choices),
    answer.cases.length
      ? rows
      : h(
          "p",
          { class: "nothing" },
          Object.values(filters).some(Boolean) ? "No case matches these filters." : "There is no open case.",
        ),
    more,
  );
}

function summary(answer, closed) {
  if (closed) return h("p", { class: "quiet" }, `${count(answer.total)} closed cases, the newest first.`);
  return h(
    "p",
    { class: "figures" },
    h("span", {}, h("b", {}, count(answer.total)), " open"),
    h("span", { class: answer.overdue ? "late" : "quiet" }, h("b", {}, count(answer.overdue)), " late"),
  );
}

function filterForm(filters, choices) {
  const go = () => {
    const chosen = new URLSearchParams(
      FILTERS.map((name) => [name, form.elements[name]?.value ?? ""]).filter(([, value]) => value),
    );
    location.hash = `#/cases${chosen.size ? `?${chosen}` : ""}`;
  };
  const named = (people) => people.map((someone) => [someone.id, person(someone)]);
  const labelled = (values, kind) => values.map((value) => [value, label(kind, value)]);
  const plain = (values) => values.map((value) => [value, value]);
  const selects = [
    choose("status", "Status", labelled(["closed"], "status"), filters.status, label("status", "open")),
    choose("overdue", "Late", [["true", "Late only"]], filters.overdue, "All"),
    choose("stage", "Stage", labelled(choices.stage, "stage"), filters.stage),
    choose("waiting_for", "Waits for", labelled(["answer", "results", "hr"], "waiting"), filters.waiting_for),
    choose("manager", "Manager", named(choices.manager), filters.manager),
    choose("hr_partner", label("seat", "hr_partner"), named(choices.hr_partner), filters.hr_partner),
    choose("region", "Region", plain(choices.region), filters.region),
    choose("role", "Role", plain(choices.role), filters.role),
  ];
  const set = Object.values(filters).filter(Boolean).length;
  const form = h(
    "form",
    { class: "filters", onchange: go, onsubmit: (event) => event.preventDefault() },
    selects,
    set > 0 && h("a", { class: "reset", href: "#/cases" }, "Clear filters"),
  );
  const wide = matchMedia("(min-width: 48rem)").matches;
  return h(
    "details",
    { class: "filter-box", open: wide || set > 0 },
    h("summary", {}, set ? `Filters (${set})` : "Filters"),
    form,
  );
}

function choose(name, label, options, value, none = "Any") {
  return h(
    "p",
    {},
    h("label", { for: name }, label),
    h(
      "select",
      { id: name, name },
      h("option", { value: "" }, none),
      options.map(([code, text]) => h("option", { value: code, selected: code === value }, text)),
    ),
  );
}

function rowsOf(cases, closed, asOf) {
  const columns = closed
    ? ["Rep", "Ended", "Stage", "Manager", label("seat", "hr_partner"), "Opened"]
    : ["Rep", "Due", "With", "Stage", "Waits for", "Manager", "Opened"];
  const rows = cases.map((found) => {
    const about = [found.role, found.region].filter(Boolean).join(", ");
    const rep = [
      h("a", { href: `#/cases/${encodeURIComponent(found.id)}` }, person(found.rep)),
      h("span", { class: "quiet" }, about),
    ];
    const opened = [when(found.opened_at, false), h("span", { class: "quiet" }, `for ${found.opened_for}`)];
    if (closed)
      return [
        rep,
        label("exit", found.exit),
        label("stage", found.stage),
        person(found.manager),
        person(found.hr_partner),
        opened,
      ];
    const due = [
      h("span", { class: found.overdue ? "late" : null }, distance(found.due_at, asOf)),
      h("time", { class: "quiet", datetime: found.due_at }, when(found.due_at)),
    ];
    const stage = [
      h("span", { class: "stage-of" }, label("stage", found.stage)),
      found.on_hold && h("span", { class: "chip" }, `paused: ${label("pause", found.on_hold)}`),
      found.marked && h("span", { class: "chip" }, "restated"),
    ];
    return [
      rep,
      due,
      person(found.owner),
      stage,
      label("waiting", found.waiting_for),
      person(found.manager),
      opened,
    ];
  });
  return table(closed ? "Closed cases" : "Open cases, late ones first", columns, rows, { class: "cards" });
}
