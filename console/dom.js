// Makes elements without HTML strings, so that text is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Null and false attributes are left out, true ones are empty, `on…` ones are listeners. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, in the same way. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** A table whose rows become cards on a phone: each cell has its column's name as a label. */
export function table(caption, columns, rows, attributes = {}) {
  const head = h(
    "tr",
    {},
    columns.map((column) => h("th", { scope: "col" }, column)),
  );
  const body = rows.map((cells) =>
    h(
      "tr",
      {},
      cells.map((cell, index) =>
        index === 0
          ? h("th", { scope: "row", "data-label": columns[index] }, cell)
          : h("td", { "data-label": columns[index] }, cell),
      ),
    ),
  );
  return h("table", attributes, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body));
}

/** Show a message, and announce it to screen readers. */
export function say(text, isProblem = false) {
  const place = document.getElementById("says");
  place.className = text ? (isProblem ? "alert" : "notice") : "";
  place.textContent = text;
}
