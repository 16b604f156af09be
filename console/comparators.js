// Who else is in a comparable position, and what became of them: counts first, then everybody, the lowest first.

import { get, Problem } from "./api.js";
import { h, say, table } from "./dom.js";
import { count, percent, person, word } from "./words.js";

const TITLE = "Others in a comparable position";

/** What the service says of others. */
export function lookUp(address) {
  return get(`${address}/comparators`);
}

/** The section. Where a removal may be near, `shown` is there at once; else it is fetched when asked for. */
export function comparators(address, shown) {
  const place = h("section", {}, h("h2", {}, TITLE));
  if (shown) {
    place.append(...content(shown));
    return place;
  }
  const button = h("button", { class: "second", type: "button", onclick: async () => {
    button.disabled = true;
    try {
      place.append(...content(await lookUp(address)));
      button.remove();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      button.disabled = false;
      say(error.message, true);
    }
  } }, "Compare");
  place.append(h("p", {}, "Whom the same policy found by the same rules, in the same group, and what became of them."), button);
  return place;
}

function content(shown) {
  const group = shown.group.map((name) => word("group", name)).join(" and ");
  const beyond = shown.others > 0 && h("p", { class: "quiet" }, `${count(shown.others)} more ${shown.others === 1 ? "is" : "are"} not yours to see; an administrator sees them.`);
  if (shown.total === 0) return [h("p", {}, `Nobody else${shown.others ? " whom you may see" : ""} of the same ${group} was found by the same rules within a year.`), beyond].filter(Boolean);
  const fates = shown.became.map(({ became, stage, count: number }) => h("span", { class: "chip" }, `${count(number)} ${fate(became, stage)}`));
  const rows = shown.comparators.map((one) => [
    one.case_id ? h("a", { href: `#/cases/${encodeURIComponent(one.case_id)}` }, person(one.rep)) : person(one.rep),
    [one.reached === null ? "–" : percent(one.reached), one.as_low && h("span", { class: "quiet" }, "as low")], [fate(one.became, one.stage), one.why && h("q", {}, one.why)], person(one.manager), one.found_for]);
  return [
    h("p", {}, h("b", {}, count(shown.total)), ` of the same ${group} ${shown.total === 1 ? "was" : "were"} found by the same rules within a year; `,
      h("b", {}, count(shown.as_low)), ` reached as little or less${shown.reached === null ? "" : ` than the ${percent(shown.reached)} of this case`}.`),
    shown.beyond > 0 && h("p", {}, `The ${count(shown.comparators.length)} who reached least are listed, with what became of them; the other ${count(shown.beyond)} reached no less than they.`),
    h("p", {}, fates), beyond,
    table(`${TITLE}, the lowest first`, ["Rep", "Reached", "What became of it", "Manager", "Found for"], rows, { class: "cards" })].filter(Boolean);
}

function fate(became, stage) {
  if (became === "open") return `still open: ${word("stage", stage)}`;
  return became === "no_case" ? "no case" : word("exit", became);
}

/** As it is by now, in place of what was shown: returns that, and has to be confirmed anew. */
export async function refresh(address, place, box) {
  const shown = await lookUp(address);
  place.replaceChildren(h("h2", {}, TITLE), ...content(shown));
  box.checked = false;
  return shown;
}

/** What is confirmed before a removal is proposed or approved. */
export function confirmation(id) {
  return h("label", { class: "choice" }, h("input", { type: "checkbox", name: "seen", required: true, id: `${id}-seen` }),
    h("span", {}, "I have looked at the others in a comparable position, and at what became of them."));
}
