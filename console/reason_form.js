// A form with a typed reason. A problem is shown beside the button, and the typed text stays.

import { Problem } from "./api.js";
import { h } from "./dom.js";

/** `send` posts the form's elements; `hint` says what happens to the text;
 * `beside` is shown next to the button. */
export function reasonForm({ id, title, before = [], hint, act, beside = null, send }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", {}, act);
  return h(
    "form",
    {
      class: "decision",
      id,
      "aria-labelledby": `${id}-title`,
      onsubmit: async (event) => {
        event.preventDefault();
        button.disabled = true;
        problem.textContent = "";
        try {
          await send(event.target.elements);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          problem.textContent = error.message;
          button.disabled = false;
          button.focus();
        }
      },
    },
    h("h2", { id: `${id}-title` }, title),
    before,
    h(
      "p",
      { class: "field" },
      h("label", { for: `${id}-reason` }, "Why?"),
      h("textarea", {
        id: `${id}-reason`,
        name: "reason",
        required: true,
        minlength: 10,
        maxlength: 2000,
        "aria-describedby": `${id}-hint`,
      }),
    ),
    h("p", { class: "quiet", id: `${id}-hint` }, `In your own words, at least ten characters. ${hint}`),
    problem,
    h("p", { class: "actions" }, button, beside),
  );
}
