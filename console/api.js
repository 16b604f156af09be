// Calls the API: JSON in and out. A problem (RFC 9457) is thrown as an error with its own text.

import { configuration, forget, token } from "./session.js";

export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(path, options = {}) {
  const { api_url: base } = await configuration();
  const bearer = await token();
  if (bearer === null) throw new Problem(401, "Please sign in again.");
  let answer;
  try {
    answer = await fetch(base + path, {
      ...options,
      headers: { ...options.headers, Authorization: `Bearer ${bearer}` },
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
  } catch {
    throw new Problem(0, "The service cannot be reached. Nothing was changed; please try again.");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) forget();
  const said = await answer.json().catch(() => ({}));
  throw new Problem(answer.status, said.detail ?? said.message ?? `The service answered ${answer.status}.`);
}

/** GET as JSON, without the empty parameters. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
  return (await call(path + (query ? `?${query}` : ""))).json();
}

export async function post(path, body) {
  return (
    await call(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json();
}

/** Save the answer to a GET as a file, under the name that the service gives. */
export async function download(path) {
  const answer = await call(path);
  if (answer.headers.get("Content-Type")?.startsWith("application/vnd.plumbline.link+json"))
    return fetched(await answer.json());
  const name =
    /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ??
    path.split("/").filter(Boolean).join("-").replace(/\?.*/, "");
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return name;
}

/** A file too large for an answer: the browser downloads it from its own address, without our token. */
function fetched({ url, name }) {
  const link = document.createElement("a");
  link.href = url;
  link.rel = "noreferrer";
  link.click();
  return name;
}
