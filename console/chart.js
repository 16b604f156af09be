// The chart of attainment by period. A screen reader gets one image, because the table has the same figures.

import { s } from "./dom.js";

const HIGH = 190,
  FLOOR = 150,
  TOP = 26;

/** `bar` is a ratio, and `barSays` the same for people; both are null where the findings have no bar. */
export function chart(periods, bar, barSays) {
  const figures = periods.map((period) =>
    period.status === "assessable" && period.attainment !== null ? Number(period.attainment) : null,
  );
  const most = Math.max(1.1, Number(bar ?? 0) * 1.2, ...figures.map((figure) => figure ?? 0));
  const high = (figure) => Math.max(2, (Math.max(0, figure) / most) * (FLOOR - TOP));
  // About as wide as it is shown, so that its letters keep their size on a phone.
  const WIDE = matchMedia("(max-width: 47.99rem)").matches ? Math.max(320, periods.length * 62) : 600;
  const slot = WIDE / periods.length;
  const wide = Math.min(64, slot * 0.6);
  const columns = periods.map((period, index) =>
    column(period, figures[index], slot * (index + 0.5), wide, high, bar),
  );
  const line =
    bar === null
      ? null
      : [
          s("line", {
            class: "bar",
            x1: 0,
            x2: WIDE,
            y1: FLOOR - high(Number(bar)),
            y2: FLOOR - high(Number(bar)),
          }),
          s("text", { class: "bar-name", x: 0, y: HIGH - 2 }, `- - -  the bar: ${barSays}`),
        ];
  const against = bar === null ? "" : ` against the bar of ${barSays}`;
  const label = `Attainment by period${against}. The table below has the same figures.`;
  return s(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": label },
    line,
    columns,
    s("line", { class: "floor", x1: 0, x2: WIDE, y1: FLOOR, y2: FLOOR }),
  );
}

function column(period, figure, middle, wide, high, bar) {
  const name = s("text", { class: "period", x: middle, y: FLOOR + 16 }, period.period);
  if (figure === null) {
    return [
      s("rect", {
        class: "not-counted",
        x: middle - wide / 2,
        y: FLOOR - 56,
        width: wide,
        height: 56,
        rx: 3,
      }),
      s("text", { class: "period", x: middle, y: FLOOR - 32 }, "not"),
      s("text", { class: "period", x: middle, y: FLOOR - 18 }, "counted"),
      name,
    ];
  }
  const below = bar !== null && figure < Number(bar);
  const top = FLOOR - high(figure);
  return [
    s("rect", {
      class: `column${below ? " below" : ""}${period.since ? " since" : ""}`,
      x: middle - wide / 2,
      y: top,
      width: wide,
      height: FLOOR - top,
      rx: 3,
    }),
    s("text", { x: middle, y: top - 6 }, period.attained),
    name,
  ];
}
