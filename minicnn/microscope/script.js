// Draws the steps of the page. It computes nothing: all numbers come from the trace in the page, and where
// they stand is said there too. Text enters the page by textContent alone.
"use strict";

const trace = JSON.parse(document.getElementById("trace").textContent);
const steps = trace.chapters.flatMap((chapter, c) => chapter.steps.map((step) => ({ ...step, chapter, c })));
const at = (id) => document.getElementById(id);
const meanings = {
  read: "is read",
  write: "is written",
  winner: "wins",
};
let current = -1;
let shownChapter = -1;

/** A new element with these properties and children; a string becomes its text. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The number as a cell shows it: integers as they are, others with three digits. */
function short(value) {
  if (typeof value === "string") return value.replace("-0.0", "\u22120").replace("inf", "\u221e").replace("-", "\u2212");
  const text = Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : String(Number(value.toPrecision(3)));
  return text.replace("-", "\u2212");
}

/** All digits of a value of an array. */
function exact(array, index) {
  return String(trace.arrays[array].values[index]).replace("-", "\u2212");
}

/** How many cells of a figure are computed so far, by whether (row, column) is one of them. */
function isKnown(figure, row, column) {
  if (!figure.known) return true;
  const [order, count] = figure.known;
  const [rows, columns] = figure.shape;
  if (order === "columns") return column < count;
  if (order === "by column") return column * rows + row < count;
  return row * columns + column < count;
}

/** One cell of a figure: its number, its mark, and where it stands in the order of what is marked. */
function cellOf(figure, row, column, marks) {
  const [rows, columns] = figure.shape;
  const [top, bottom, left, right] = figure.margin ?? [0, 0, 0, 0];
  const cell = element("td");
  const width = columns + left + right;
  const here = row * width + column;
  const inside = row >= top && row < top + rows && column >= left && column < left + columns;
  if (inside) {
    const strides = figure.strides ?? [columns, 1];
    const index = figure.start + (row - top) * strides[0] + (column - left) * strides[1];
    const value = trace.arrays[figure.array].values[index];
    if (isKnown(figure, row - top, column - left)) {
      cell.textContent = short(value);
      cell.title = exact(figure.array, index);
    } else {
      cell.className = "unknown";
    }
    if (figure.borders) {
      const other = trace.arrays[figure.borders].values;
      if (column > left && other[index] !== other[index - strides[1]]) cell.classList.add("edge-left");
      if (row > top && other[index] !== other[index - strides[0]]) cell.classList.add("edge-top");
    }
    if (figure.lanes && column > left && (column - left) % figure.lanes === 0) cell.classList.add("edge-left");
  } else {
    cell.className = "padding";
    cell.textContent = figure.padding ?? "";
  }
  const mark = marks.get(here);
  if (mark) cell.classList.add(mark.kind);
  if (mark?.order !== undefined)
    cell.append(element("sub", { textContent: mark.order + (figure.number ?? 0), ariaHidden: "true" }));
  return cell;
}

/** Which cells of a figure are marked, how, and with which number. */
function marksOf(figure) {
  const marks = new Map();
  for (const [kind, cells] of Object.entries(figure.marks ?? {}))
    cells.forEach((cell, i) => {
      const order = figure.numbered === kind ? i : marks.get(cell)?.order;
      marks.set(cell, { kind, order });
    });
  return marks;
}

/** The heads of rows or columns: labels, or numbers where there are none; the margin has none. */
function headsOf(figure, axis) {
  const [before, after] = (figure.margin ?? [0, 0, 0, 0]).slice(2 * axis, 2 * axis + 2);
  const labels = figure.names && trace.labels[figure.names[axis]][1];
  const heads = Array.from({ length: figure.shape[axis] }, (_, i) => (labels ? labels[i] : String(i)));
  return [...Array(before).fill(""), ...heads, ...Array(after).fill("")];
}

function drawFigure(figure) {
  const marks = marksOf(figure);
  const columns = headsOf(figure, 1).map((text) => element("th", { scope: "col", textContent: text }));
  const head = element("tr", {}, element("td", { className: "corner" }), ...columns);
  const body = headsOf(figure, 0).map((text, row) => {
    const cells = columns.map((_, column) => cellOf(figure, row, column, marks));
    return element("tr", {}, element("th", { scope: "row", textContent: text }), ...cells);
  });
  const parts = [element("thead", {}, head), element("tbody", {}, ...body)];
  const table = element("table", { className: "cells" }, ...parts);
  const scroll = element("div", { className: "scroll", tabIndex: 0 }, table);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", figure.caption);
  const caption = element("figcaption", { textContent: figure.caption });
  if (figure.names) {
    const [rows, columns] = figure.names.map((name) => trace.labels[name][0]);
    caption.append(element("small", { textContent: `\u2193 ${rows}` + (columns && `  \u2192 ${columns}`) }));
  }
  const made = element("figure", {}, caption, scroll);
  if (figure.numbered) made.classList.add("numbered");
  if (figure.borders) made.classList.add("map");
  if (figure.area) made.classList.add(figure.area);
  return made;
}

/** The length of the longest number in a figure. */
function digitsOf(figure) {
  const cells = [...figure.querySelectorAll(".cells tbody td")];
  return Math.max(1, ...cells.map((cell) => cell.firstChild?.textContent.length ?? 0));
}

/** The figures of a step: those of a matrix product stand as on paper, others side by side. */
function drawFigures(step) {
  const product = element("div", { className: "product" });
  const others = element("div", { className: "others" });
  for (const figure of step.figures) (figure.area ? product : others).append(drawFigure(figure));
  if (step.terms) product.prepend(drawTerms(step.terms));
  const focused = [...at("figures").querySelectorAll(".scroll")].indexOf(document.activeElement);
  at("figures").replaceChildren(...[product, others].filter((part) => part.firstChild));
  const [over, under] = [".top", ".result"].map((area) => product.querySelector(area));
  const width = over && Math.max(digitsOf(over), digitsOf(under)); // columns that stand over one another
  for (const figure of at("figures").querySelectorAll("figure"))
    figure.style.setProperty("--digits", figure === over || figure === under ? width : digitsOf(figure));
  at("figures").querySelectorAll(".scroll")[focused]?.focus({ preventScroll: true });
  for (const scroll of at("figures").querySelectorAll(".scroll")) {
    const cell = scroll.querySelector(".write, .read");
    if (cell) scroll.scrollLeft = cell.offsetLeft - scroll.clientWidth / 2;
    if (cell) scroll.scrollTop = cell.offsetTop - scroll.clientHeight / 2;
  }
}

/** The sum of one cell, a line for each of its terms. */
function drawTerms({ names, columns }) {
  const heads = ["", ...columns.map(([name]) => name)].map((text) => element("th", { scope: "col", textContent: text }));
  const signs = ["", "\u00d7 ", "= ", ""];
  const rows = names.map((name, i) => {
    const cells = columns.map(([, [array, first, stride]], c) =>
      element("td", { textContent: signs[c] + exact(array, first + i * stride) }),
    );
    return element("tr", {}, element("th", { scope: "row", textContent: name }), ...cells);
  });
  const body = element("tbody", {}, ...rows);
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { className: "scroll", tabIndex: 0 }, table);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "The sum, term by term");
  const caption = element("figcaption", { textContent: "the sum, term by term" });
  caption.append(element("small", { textContent: "in the order in which the kernel adds" }));
  return element("figure", { className: "terms" }, caption, scroll);
}

function drawCode(chapter) {
  const parts = chapter.code.map((number) => {
    const { file, first, lines, marked } = trace.code[number];
    const texts = lines.map((line, i) => {
      const made = element(marked.includes(i) ? "mark" : "span", { textContent: line + "\n" });
      made.dataset.line = first + i;
      return made;
    });
    const pre = element("pre", { tabIndex: 0 }, element("code", {}, ...texts));
    const caption = `${file}, from line ${first}`;
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", caption);
    return element("figure", {}, element("figcaption", { textContent: caption }), pre);
  });
  at("code").replaceChildren(...parts);
  for (const pre of at("code").querySelectorAll("pre")) {
    const mark = pre.querySelector("mark");
    if (mark) pre.scrollTop = mark.offsetTop - pre.clientHeight / 3;
  }
}

function drawLegend(step) {
  const kinds = new Set(step.figures.flatMap((figure) => Object.keys(figure.marks ?? {})));
  const entries = [...kinds].map((kind) =>
    element("li", {}, element("span", { className: `sample ${kind}` }), meanings[kind]),
  );
  if (step.figures.some((figure) => figure.margin?.some((side) => side > 0)))
    entries.push(element("li", {}, element("span", { className: "sample padding" }), "padding"));
  at("legend").replaceChildren(...entries);
}

function show(number) {
  const wanted = Math.min(Math.max(number, 0), steps.length - 1);
  if (wanted === current) return;
  current = wanted;
  const step = steps[current];
  const value = step.value ? `: ${exact(...step.value)}` : "";
  at("text").textContent = step.text.replace(/\.$/, value ? "" : ".") + value;
  at("count").textContent = `${current + 1} / ${steps.length}`;
  at("slider").value = current;
  at("slider").setAttribute("aria-valuetext", `${current + 1} of ${steps.length}, ${step.chapter.title}`);
  at("back").disabled = current === 0;
  at("next").disabled = current === steps.length - 1;
  drawLegend(step);
  drawFigures(step);
  if (step.c !== shownChapter) drawChapter(step);
  history.replaceState(null, "", `#${current + 1}`);
}

function drawChapter(step) {
  shownChapter = step.c;
  at("title").textContent = step.chapter.title;
  at("why").textContent = step.chapter.why;
  drawCode(step.chapter);
  const buttons = [...at("chapters").querySelectorAll("button")];
  buttons.forEach((button, c) => button.setAttribute("aria-current", c === step.c ? "step" : "false"));
  const list = at("chapters");
  list.scrollLeft = buttons[step.c].offsetLeft - list.clientWidth / 3;
}

/** The first step of the chapter so many after this one; of this chapter, first, when going back. */
function chapterStep(change) {
  const first = (c) => steps.findIndex((step) => step.c === c);
  const { c } = steps[current];
  if (change < 0 && current > first(c)) return first(c);
  const wanted = c + change;
  return wanted < 0 ? 0 : wanted >= trace.chapters.length ? steps.length - 1 : first(wanted);
}

const keys = {
  ArrowRight: () => current + 1,
  ArrowDown: () => current + 1,
  ArrowLeft: () => current - 1,
  ArrowUp: () => current - 1,
  PageDown: () => chapterStep(1),
  PageUp: () => chapterStep(-1),
  Home: () => 0,
  End: () => steps.length - 1,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
  if (event.key.startsWith("Arrow") && event.target.closest(".scroll, pre")) return; // the browser scrolls it
  event.preventDefault();
  show(keys[event.key]());
});
at("slider").max = steps.length - 1;
at("slider").addEventListener("input", (event) => show(Number(event.target.value)));
at("back").addEventListener("click", () => show(current - 1));
at("next").addEventListener("click", () => show(current + 1));
trace.chapters.forEach((chapter, c) => {
  const button = element("button", { type: "button", textContent: chapter.title });
  button.addEventListener("click", () => show(steps.findIndex((step) => step.c === c)));
  at("chapters").append(element("li", {}, button));
});
window.addEventListener("hashchange", () => show((Number(location.hash.slice(1)) || 1) - 1));
show((Number(location.hash.slice(1)) || 1) - 1);
