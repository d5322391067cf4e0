// Everything here is a convenience: each page also works without it.
import htmx from "htmx.org";

window.htmx = htmx;
document.documentElement.classList.add("js");

// Menus (<details class="drop">) close on Escape and on a click elsewhere.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.drop[open]")) if (menu !== except) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.drop")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.drop[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Menus also close when the keyboard leaves them; in the order of the page there is nothing behind an open panel.
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.drop")));

// On narrow screens the staff menu is one line: bring the current section into it.
const current = document.querySelector(".side a[aria-current]");
const side = current?.closest(".side");
if (side && side.scrollWidth > side.clientWidth) side.scrollLeft = current.offsetLeft - side.clientWidth / 3;

// On a phone a long filter bar would push the list off the screen: what is behind its first field waits behind a button.
for (const bar of document.querySelectorAll(".filterbar")) {
  const fields = [...bar.querySelectorAll(":scope > .field, :scope > .choice")].slice(1);
  if (fields.length < 3) continue;
  const set = fields.flatMap((field) => [...field.querySelectorAll("select, input")]).filter((input) =>
    input.matches("select") ? input.selectedIndex > 0 : input.type === "checkbox" ? input.checked : input.value).length;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-plain filter-more";
  button.textContent = (document.documentElement.lang.startsWith("en") ? "Filters" : "筛选") + (set ? ` (${set})` : "");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(!bar.classList.toggle("folded")));
  });
  for (const field of fields) field.classList.add("foldable");
  bar.classList.add("folded");
  fields[0].before(button);
}

// data-copy="#id" copies the text of that element and says so in its own label.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  const label = button.querySelector("[data-label]") ?? button;
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 2000);
});

// A form that saves itself is sent only when the saving under way has been answered, and saves itself no more once it is
// sent: of two requests at once the older may be carried out last and undo the newer one.
const saving = new Set();
const waiting = new Map();
const sent = new Set();
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target;
  if (waiting.has(form) || sent.has(form)) event.preventDefault();
  else if (form instanceof HTMLFormElement) saving.add(form);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target;
  if (!saving.delete(form) || !waiting.has(form)) return;
  setTimeout(() => {
    const submitter = waiting.get(form);
    waiting.delete(form);
    form.requestSubmit(submitter);
  });
});
document.addEventListener("submit", (event) => {
  if (!saving.has(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting.set(event.target, event.submitter);
}, true);
window.addEventListener("pageshow", () => sent.clear());

// data-confirm="sentence" asks before a form is sent; without JavaScript the page that answers asks instead.
document.addEventListener("submit", (event) => {
  const sentence = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (sentence && !window.confirm(sentence)) event.preventDefault();
  else if (!event.defaultPrevented) sent.add(event.target);
});

// The rows of a formset show their number and send their order.
function renumber(rows) {
  const shown = [...rows.querySelectorAll("[data-row]")].filter((row) => !row.hidden);
  shown.forEach((row, place) => {
    const order = row.querySelector("input[name$='-ORDER']");
    if (order) order.value = String(place + 1);
    const number = row.querySelector("[data-row-number]");
    if (number) number.textContent = String(place + 1);
  });
}

// data-row-move="-1" or "1" moves a row of a formset; data-row-copy puts a copy of its values into a new row below.
document.addEventListener("click", (event) => {
  const mover = event.target.closest("[data-row-move]");
  const copier = event.target.closest("[data-row-copy]");
  if (!mover && !copier) return;
  const row = (mover ?? copier).closest("[data-row]");
  const rows = row.parentElement;
  if (mover) {
    const back = mover.dataset.rowMove === "-1";
    let other = back ? row.previousElementSibling : row.nextElementSibling;
    while (other?.hidden) other = back ? other.previousElementSibling : other.nextElementSibling;
    if (other) back ? other.before(row) : other.after(row);
    mover.focus();
  } else {
    const adder = document.querySelector(`[data-rows="#${rows.id}"]`);
    adder.click();
    const made = rows.lastElementChild;
    const tail = (field) => field.name.replace(/^\w+-\d+-/, "");
    for (const field of row.querySelectorAll("input, select, textarea")) {
      const twin = [...made.querySelectorAll("input, select, textarea")].find((one) => tail(one) === tail(field));
      if (!twin || ["name", "title", "DELETE", "chosen"].includes(tail(field))) continue;
      if (field.type === "checkbox") twin.checked = field.checked;
      else twin.value = field.value;
    }
    row.after(made);
    made.querySelector("input:not([type='checkbox'])").focus();
  }
  renumber(rows);
  rows.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
});

// data-add-row="#template" appends one more form of a formset; data-remove-row takes one away.
document.addEventListener("click", (event) => {
  const adder = event.target.closest("[data-add-row]");
  if (adder) {
    const template = document.querySelector(adder.dataset.addRow);
    const total = document.querySelector(`#id_${adder.dataset.prefix}-TOTAL_FORMS`);
    const holder = document.createElement("div");
    holder.append(template.content.cloneNode(true));
    const html = holder.innerHTML.replaceAll("__prefix__", total.value).replaceAll("__number__", String(Number(total.value) + 1));
    const rows = document.querySelector(adder.dataset.rows);
    rows.insertAdjacentHTML("beforeend", html);
    total.value = String(Number(total.value) + 1);
    rows.lastElementChild.querySelector("input:not([type='checkbox']), select").focus();
    renumber(rows);
  }
  const remover = event.target.closest("[data-remove-row]");
  if (remover) {
    const row = remover.closest("[data-row]");
    const box = row.querySelector("input[name$='-DELETE']");
    if (box) box.checked = true;
    row.hidden = true;
    renumber(row.parentElement);
    remover.form?.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// data-all="name" ticks or clears every box of that name in the same form.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (!all) return;
  for (const box of all.form.querySelectorAll(`input[name="${all.dataset.all}"]:not(:disabled)`)) box.checked = all.checked;
});

// Suggestions below a search box: arrows walk through them, Escape closes them, and so does leaving.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest(".search-field");
  if (!box) return;
  const input = box.querySelector("input");
  const links = [...box.querySelectorAll(".suggestions a")];
  const now = links.indexOf(event.target);
  if (event.key === "Escape" && links.length) {
    box.querySelector(".suggestions").replaceChildren();
    input.focus();
    event.preventDefault();
  } else if (event.key === "ArrowDown" && links.length) {
    links[Math.min(now + 1, links.length - 1)].focus();
    event.preventDefault();
  } else if (event.key === "ArrowUp" && now >= 0) {
    (links[now - 1] ?? input).focus();
    event.preventDefault();
  }
});
for (const leave of ["focusin", "click"]) {
  document.addEventListener(leave, (event) => {
    for (const list of document.querySelectorAll(".suggestions")) {
      if (!list.closest(".search-field").contains(event.target)) list.replaceChildren();
    }
  });
}

// Filters marked data-auto are sent when changed.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-auto]")) event.target.form.requestSubmit();
});

// Forms marked data-upload show how much of the file has left the machine; the answer is an ordinary page.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-upload]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  const bar = form.querySelector("[data-upload-bar]");
  bar.hidden = false;
  const data = new FormData(form);
  if (event.submitter?.name) data.append(event.submitter.name, event.submitter.value);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (sent) => {
    if (sent.lengthComputable) bar.querySelector("progress").value = (100 * sent.loaded) / sent.total;
  });
  request.addEventListener("load", () => {
    const to = request.getResponseHeader("HX-Redirect");
    if (to) return window.location.assign(to);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.querySelector("#main").replaceWith(page.querySelector("#main"));
    document.querySelector("#main").focus();
  });
  request.addEventListener("error", () => form.submit());
  request.send(data);
});
