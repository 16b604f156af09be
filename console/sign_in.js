// The sign-in form, and the forms for the challenges that Cognito sets.

import { h } from "./dom.js";
import { answerChallenge, SignInRefused, signIn } from "./session.js";

const ASKS = {
  NEW_PASSWORD_REQUIRED: {
    title: "Choose a password",
    label: "New password",
    type: "password",
    complete: "new-password",
    hint: "At least 14 characters, with an upper and a lower case letter, a digit and a symbol.",
  },
  SOFTWARE_TOKEN_MFA: {
    title: "Your code",
    label: "Code of your authenticator app",
    type: "text",
    complete: "one-time-code",
    hint: "Six digits; they change every half minute.",
  },
  MFA_SETUP: {
    title: "Set up your second factor",
    label: "Code that the app shows now",
    type: "text",
    complete: "one-time-code",
    hint: "Six digits; they change every half minute.",
  },
};

export function showSignIn(done) {
  const holder = h("div", { class: "narrow" });
  const ask = (challenge) => holder.replaceChildren(challenge === null ? begin() : further(challenge));
  const go = async (form, action) => {
    const button = form.querySelector("button"),
      problem = form.querySelector(".problem");
    button.disabled = true;
    problem.textContent = "";
    try {
      const challenge = await action();
      if (challenge === null) await done();
      else ask(challenge);
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      problem.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  };

  const begin = () => {
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          go(form, () => signIn(form.elements.name.value.trim(), form.elements.password.value));
        },
      },
      h("h1", {}, "Sign in"),
      field("name", "Name or email address", {
        type: "text",
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
      }),
      field("password", "Password", { type: "password", autocomplete: "current-password" }),
      h("p", { class: "problem", role: "alert" }),
      h("button", {}, "Sign in"),
      h("p", { class: "quiet" }, "What you open here is recorded with your name."),
    );
    return form;
  };

  const further = (challenge) => {
    const wanted = ASKS[challenge.kind];
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          go(form, () => answerChallenge(challenge, form.elements.typed.value.trim()));
        },
      },
      h("h1", {}, wanted.title),
      challenge.secret &&
        h("p", {}, "Enter this key in an authenticator app: ", h("code", {}, challenge.secret)),
      field("typed", wanted.label, {
        type: wanted.type,
        autocomplete: wanted.complete,
        "aria-describedby": "typed-hint",
        inputmode: wanted.type === "text" ? "numeric" : null,
      }),
      h("p", { class: "quiet", id: "typed-hint" }, wanted.hint),
      h("p", { class: "problem", role: "alert" }),
      h("button", {}, "Go on"),
    );
    return form;
  };

  ask(null);
  return holder;
}

function field(name, label, attributes) {
  return h(
    "p",
    { class: "field" },
    h("label", { for: name }, label),
    h("input", { id: name, name, required: true, ...attributes }),
  );
}
