// HR reports that a rep is on leave. It takes two steps, because it pauses the case.

import { post } from "./api.js";
import { h, say } from "./dom.js";
import { reasonForm } from "./reason_form.js";
import { person } from "./words.js";

export function leave(found, address, again) {
  if (found.status !== "open" || found.leave === "held") return null;
  if (found.leave === "recorded") {
    return h(
      "section",
      {},
      h("h2", {}, "Leave"),
      h("p", {}, "A leave was reported. The case will be paused within five minutes."),
    );
  }
  const close = (focus) => {
    form.remove();
    open.setAttribute("aria-expanded", "false");
    if (focus) open.focus();
  };
  const form = reasonForm({
    id: "leave",
    title: `Report a leave of ${person(found.rep)}`,
    act: "Pause the case for the leave",
    before: h(
      "p",
      {},
      "While the case is paused, nobody is asked anything, and HR decides when it continues.",
    ),
    hint: "They are sealed: no manager sees why someone is on leave.",
    beside: h("button", { class: "plain", type: "button", onclick: () => close(true) }, "Not now"),
    send: async ({ reason }) => {
      const { status } = await post(`${address}/hold`, { reason: reason.value });
      await again();
      say(
        status === "held"
          ? "The case is already paused for the leave."
          : "Recorded: the case is paused for the leave.",
      );
    },
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close(true));
  const open = h(
    "button",
    {
      class: "second",
      type: "button",
      "aria-expanded": "false",
      onclick: () => {
        if (form.isConnected) return close(false);
        open.after(form);
        open.setAttribute("aria-expanded", "true");
        form.elements.reason.focus();
      },
    },
    "Report a leave",
  );
  return h(
    "section",
    {},
    h("h2", {}, "Leave"),
    h(
      "p",
      {},
      `Is ${person(found.rep)} on leave? Report it here, and the case is paused until HR lets it continue.`,
    ),
    open,
  );
}
