// Shows the page that the address names, if the user's groups may see it:
// `#/cases`, `#/cases/<id>`, `#/exports`, …

import { Problem } from "./api.js";
import { showCase } from "./case.js";
import { showCases } from "./cases.js";
import { h, say } from "./dom.js";
import { showExport, showExports } from "./exports.js";
import { showRecord } from "./record.js";
import { signOut, token, user } from "./session.js";
import { showSignIn } from "./sign_in.js";

const PAGES = [
  { name: "Cases", path: "cases", groups: ["hr_partner", "hr_admin"], list: showCases, one: showCase },
  {
    name: "Exports",
    path: "exports",
    groups: ["compensation", "hr_admin"],
    list: showExports,
    one: showExport,
  },
  {
    name: "Record",
    path: "record",
    groups: ["auditor", "hr_admin", "hr_partner"],
    list: showRecord,
    one: showCase,
  },
];

let turn = 0;

async function show() {
  const mine = ++turn;
  const main = document.getElementById("main");
  const place = (content) => {
    if (mine !== turn) return; // the user has opened another page meanwhile
    main.replaceChildren(content);
    document.title = `${main.querySelector("h1")?.textContent ?? "Plumbline"} · Plumbline`;
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  say("");
  if ((await token()) === null) {
    frame(null);
    place(showSignIn(show));
    return;
  }
  const someone = user();
  const pages = PAGES.filter((page) => page.groups.some((group) => someone.groups.includes(group)));
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, id] = path.split("/").map(decodeURIComponent);
  const page = pages.find((known) => known.path === first) ?? pages[0];
  frame(someone, pages, page);
  if (!page) {
    place(
      h(
        "section",
        {},
        h("h1", {}, "No access yet"),
        h("p", {}, "Your account is in no group of Plumbline. Ask an administrator to add it."),
      ),
    );
    return;
  }
  try {
    const wanted = { id, query: new URLSearchParams(query), groups: someone.groups, again: show };
    place(await (id && first === page.path ? page.one(wanted) : page.list(wanted)));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return show();
    place(
      h(
        "section",
        {},
        h("h1", {}, error.status === 404 ? "Not found" : "That did not work"),
        h("p", { class: "alert" }, error.message),
        h("p", {}, h("button", { class: "second", onclick: show }, "Try again")),
      ),
    );
  }
}

function frame(someone, pages = [], current = null) {
  const menu = document.getElementById("menu"),
    account = document.getElementById("account");
  menu.hidden = account.hidden = someone === null;
  menu.replaceChildren(
    ...pages.map((page) =>
      h("a", { href: `#/${page.path}`, "aria-current": page === current ? "page" : null }, page.name),
    ),
  );
  account.replaceChildren(
    ...(someone === null
      ? []
      : [h("span", {}, someone.name), h("button", { class: "plain", onclick: leave }, "Sign out")]),
  );
}

async function leave() {
  await signOut();
  location.hash = "";
  await show();
}

addEventListener("hashchange", show);
await show();
