// Others in a comparable position, and what became of them: counts first, then each person, the lowest first.

import { get, Problem } from "./api.js";
import { h, say, table } from "./dom.js";
import { count, person } from "./words.js";

const TITLE = "Others in a comparable position";

/** What the service says about the others. */
export function lookUp(address) {
  return get(`${address}/comparators`);
}

/** The section. If a removal is possible, `shown` is given; otherwise a button fetches it. */
export function comparators(address, shown) {
  const place = h("section", {}, h("h2", {}, TITLE));
  if (shown) {
    place.append(...content(shown));
    return place;
  }
  const button = h(
    "button",
    {
      class: "second",
      type: "button",
      onclick: async () => {
        button.disabled = true;
        try {
          place.append(...content(await lookUp(address)));
          button.remove();
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          button.disabled = false;
          say(error.message, true);
        }
      },
    },
    "Compare",
  );
  place.append(
    h(
      "p",
      {},
      "See who else the same rules of this policy found in the same group, and what became of them.",
    ),
    button,
  );
  return place;
}

function content(shown) {
  const says = shown.says.map((sentence) => h("p", {}, sentence));
  if (shown.comparators.length === 0) return says;
  const fates = shown.became.map((fate) => h("span", { class: "chip" }, `${count(fate.count)} ${fate.says}`));
  const rows = shown.comparators.map((one) => [
    one.case_id
      ? h("a", { href: `#/cases/${encodeURIComponent(one.case_id)}` }, person(one.rep))
      : person(one.rep),
    [one.attained ?? "–", one.as_low && h("span", { class: "quiet" }, "no more than this case")],
    [one.says, one.why && h("q", {}, one.why)],
    person(one.manager),
    one.found_for,
  ]);
  const columns = ["Rep", "Attained", "What became of it", "Manager", "Found for"];
  return [...says, h("p", {}, fates), table(`${TITLE}, the lowest first`, columns, rows, { class: "cards" })];
}

/** Shows and returns the current comparison. The person has to confirm again that they looked. */
export async function refresh(address, place, box) {
  const shown = await lookUp(address);
  place.replaceChildren(h("h2", {}, TITLE), ...content(shown));
  box.checked = false;
  return shown;
}

/** The confirmation that is required before a removal is proposed or approved. */
export function confirmation(id) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", name: "seen", required: true, id: `${id}-seen` }),
    h("span", {}, "I have looked at the others in a comparable position and at what became of them."),
  );
}
