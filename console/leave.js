// HR reports that a rep is on leave. Two steps, because it stops a case.

import { post } from "./api.js";
import { h, say } from "./dom.js";
import { reasonForm } from "./reason_form.js";
import { person } from "./words.js";

export function leave(found, address, again) {
  if (found.status !== "open" || found.leave === "held") return null;
  if (found.leave === "recorded") {
    return h("section", {}, h("h2", {}, "Leave"), h("p", {}, "A leave was reported. The case stands still from its next look on, within five minutes."));
  }
  const close = (focus) => {
    form.remove();
    open.setAttribute("aria-expanded", "false");
    if (focus) open.focus();
  };
  const form = reasonForm({
    id: "leave", title: `Report a leave of ${person(found.rep)}`, act: "Stop the case for the leave",
    before: h("p", {}, "Nobody is asked anything while the case stands still, and HR is asked when it may go on."),
    hint: "They are sealed: no manager sees why somebody is on leave.",
    beside: h("button", { class: "plain", type: "button", onclick: () => close(true) }, "Not now"),
    send: async ({ reason }) => {
      const { status } = await post(`${address}/hold`, { reason: reason.value });
      await again();
      say(status === "held" ? "The case stands still for the leave already." : "Recorded: the case stands still for the leave.");
    },
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close(true));
  const open = h("button", { class: "second", type: "button", "aria-expanded": "false", onclick: () => {
    if (form.isConnected) return close(false);
    open.after(form);
    open.setAttribute("aria-expanded", "true");
    form.elements.reason.focus();
  } }, "Report a leave");
  return h("section", {}, h("h2", {}, "Leave"), h("p", {}, `Is ${person(found.rep)} on leave? Leave is nobody’s failing: the case stands still until HR lets it go on.`), open);
}
