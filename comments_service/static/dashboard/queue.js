// The queue by keys and without reloading. Everything here also works without it, as forms; it only
// ever builds nodes and texts, never HTML out of strings (the page's policy demands Trusted Types).

const site = document.body.dataset.site;
const tab = document.body.dataset.tab;
const list = document.getElementById("list");
const bulk = document.getElementById("bulk");
const help = document.getElementById("help");
const news = document.getElementById("news");
const said = document.getElementById("said");
const POLL_MS = 10_000;
const PATIENCE_MS = 15_000;
const DONE = {
  approve: "Approved",
  reject: "Rejected",
  spam: "Marked as spam",
  hold: "Back to pending",
};

/** Decisions of this page that can be taken back: groups, as they were made together. */
const history = [];
/** Counts as they would be if only this page had decided since it was drawn. */
const expected = {};
let current = null;

function make(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function say(text) {
  said.textContent = text;
}

const cards = () => [...list.querySelectorAll(".card")];
const isOpen = (card) => !card.matches(".decided, [aria-busy]");
const nameOf = (card) => card.querySelector(".name").textContent;
const checkboxOf = (card) => card.querySelector(".pick input");
const selected = () => cards().filter((card) => isOpen(card) && checkboxOf(card)?.checked);

// --- Asking the service ---

async function ask(path, body) {
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = await response.json();
  } catch {
    throw new Error("The service does not answer. Try again: nothing is done twice.");
  }
  if (response.status === 401) {
    throw new Error("Your session has ended. Reload this page to sign in again.");
  }
  if (!response.ok && response.status !== 409) {
    throw new Error(answer.detail);
  }
  return answer;
}

/** A page as a document: the browser parses it, so no string turns into HTML here. */
function load(path) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.responseType = "document";
    request.timeout = PATIENCE_MS;
    request.onload = () => resolve(request.response);
    request.onerror = request.ontimeout = () => reject(new Error("The page cannot be loaded."));
    request.send();
  });
}

// --- The current card ---

function choose(card, focus = true) {
  current?.classList.remove("current");
  current = card;
  if (!card) {
    return;
  }
  card.classList.add("current");
  if (focus) {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }
}

function step(by) {
  const all = cards();
  const next = all[all.indexOf(current) + by];
  if (next) {
    choose(next);
  }
}

/** On to the next card that waits, else to the nearest one before. */
function moveOn() {
  const all = cards();
  const at = all.indexOf(current);
  const next =
    all.slice(at + 1).find(isOpen) ?? all.slice(0, Math.max(at, 0)).reverse().find(isOpen);
  if (next) {
    choose(next);
  }
}

// --- Deciding ---

async function decide(chosen, action, reason, note) {
  const group = chosen.filter(isOpen);
  if (group.length === 0) {
    return;
  }
  for (const card of group) {
    begin(card, `${done(card, action)} …`);
  }
  if (group.includes(current)) {
    moveOn();
  }
  try {
    const answer = await ask("/api/v1/moderation/decisions", {
      decisions: group.map((card) => ({
        comment_id: card.dataset.id,
        version: Number(card.dataset.version),
        action,
        reason: action === "reject" ? reason : undefined,
        note: note || undefined,
      })),
    });
    finish(group, action, answer.results);
  } catch (problem) {
    for (const card of group) {
      fail(card, problem.message);
    }
    say(problem.message);
  }
  drawSelection();
  poll();
}

/** What is said of a decision; of one that leaves a comment as the checks had it, that it is so. */
const done = (card, action) => (card.dataset.confirms === action ? "Confirmed" : DONE[action]);

function begin(card, text) {
  card.ariaBusy = "true";
  card.querySelector(".card-error").hidden = true;
  card.querySelector(".reject")?.removeAttribute("open");
  card.dataset.doing = text;
}

function end(card) {
  card.removeAttribute("aria-busy");
  delete card.dataset.doing;
}

function finish(group, action, results) {
  const undoable = [];
  const lost = [];
  results.forEach((result, at) => {
    const card = group[at];
    end(card);
    if (result.conflict) {
      lost.push(tellConflict(card, result.conflict));
    } else if (result.error) {
      fail(card, result.error);
      lost.push(result.error);
    } else {
      collapse(card, action, result);
      if (result.decision_id) {
        undoable.push({ card, decision: result.decision_id });
      }
    }
  });
  if (undoable.length > 0) {
    history.push(undoable);
  }
  if (group.length === 1 && lost.length === 1) {
    // What was lost is looked at before the next is decided.
    choose(group[0]);
  }
  const number = results.length - lost.length;
  const what = [...new Set(group.map((card) => done(card, action)))];
  const label = `${what.length === 1 ? what[0] : DONE[action]}.`;
  const told = group.length === 1 ? label : `${number}: ${label}`;
  say([number ? told : "", ...lost].join(" ").trim());
  if (!cards().some(isOpen)) {
    offerNews("Show what is left");
  }
}

function collapse(card, action, result) {
  const keptText = action === "reject" && result.status === "approved";
  const label = keptText ? "Edit rejected" : done(card, action);
  const line = make(
    "p",
    { className: "done" },
    make("strong", { textContent: label }),
    make("bdi", { textContent: nameOf(card) }),
    make("bdi", { className: "excerpt", textContent: excerpt(card) }),
  );
  if (result.decision_id) {
    line.append(make("button", { type: "button", className: "quiet undo", textContent: "Undo" }));
  }
  count(card.dataset.queue, -1);
  count(result.status, +1);
  card.dataset.before = card.dataset.queue;
  card.dataset.queue = result.status;
  setVersion(card, result.version);
  const checkbox = checkboxOf(card);
  if (checkbox) {
    checkbox.checked = false;
    checkbox.disabled = true;
  }
  card.classList.add("decided");
  card.append(line);
}

function excerpt(card) {
  const texts = card.querySelectorAll(".text");
  return texts[texts.length - 1].textContent.slice(0, 160);
}

function setVersion(card, version) {
  card.dataset.version = version;
  for (const field of card.querySelectorAll('[name="comment"]')) {
    field.value = `${card.dataset.id}:${version}`;
  }
}

function fail(card, message) {
  end(card);
  const place = card.querySelector(".card-error");
  place.textContent = message;
  place.hidden = false;
}

function tellConflict(card, conflict) {
  const who = conflict.decided_by === "commenter" ? "Its author" : conflict.decided_by;
  const time = new Date(conflict.decided_at).toLocaleTimeString([], { timeStyle: "short" });
  const message = `${who} came first, at ${time}: this comment is ${conflict.status} now. Your decision was not carried out.`;
  fail(card, message);
  refresh(card, message);
  return message;
}

/** Put the card as it stands now in place of one that was overtaken. */
async function refresh(card, message) {
  try {
    const page = await load(
      `/moderate/comment/${card.dataset.id}?site=${encodeURIComponent(site)}`,
    );
    const fresh = document.adoptNode(page.querySelector(".card"));
    const pick = card.querySelector(".pick");
    if (pick) {
      pick.querySelector("input").value = `${fresh.dataset.id}:${fresh.dataset.version}`;
      fresh.querySelector(".card-head").prepend(pick);
    }
    const hadFocus = card.contains(document.activeElement);
    card.replaceWith(fresh);
    fail(fresh, message);
    if (current === card) {
      choose(fresh, hadFocus);
    }
  } catch {
    // What was said on the old card still holds; deciding on it again is refused again.
  }
}

// --- Undo ---

async function undo(group) {
  const taken = [];
  for (const { card, decision } of group) {
    try {
      const result = await ask(`/api/v1/moderation/decisions/${decision}/undo`, {});
      restore(card);
      if (result.conflict) {
        say(tellConflict(card, result.conflict));
      } else {
        count(card.dataset.queue, -1);
        count(card.dataset.before, +1);
        card.dataset.queue = card.dataset.before;
        setVersion(card, result.version);
        taken.push(card);
      }
    } catch (problem) {
      say(problem.message);
      card
        .querySelector(".done")
        ?.append(make("span", { className: "fault", textContent: ` ${problem.message}` }));
      history.push([{ card, decision }]);
    }
  }
  if (taken.length > 0) {
    const what =
      taken.length === 1 ? `the comment of ${nameOf(taken[0])}` : `${taken.length} decisions`;
    say(`Taken back: ${what}.`);
  }
  choose(group[0].card);
  poll();
}

function restore(card) {
  card.classList.remove("decided");
  card.querySelector(".done")?.remove();
  const checkbox = checkboxOf(card);
  if (checkbox) {
    checkbox.disabled = false;
  }
}

function undoLast() {
  const group = history.pop();
  if (group) {
    undo(group);
  } else {
    // What was decided by a form before this page was drawn is offered above it.
    document.querySelector("[data-undo-form]")?.requestSubmit();
  }
}

function undoCard(card) {
  for (const group of history) {
    const at = group.findIndex((one) => one.card === card);
    if (at >= 0) {
      undo(group.splice(at, 1));
    }
  }
  for (let i = history.length - 1; i >= 0; i--) {
    if (history[i].length === 0) {
      history.splice(i, 1);
    }
  }
}

// --- Counts and ages ---

function count(status, by) {
  if (status in expected) {
    expected[status] += by;
    drawCount(status, expected[status]);
  }
}

function drawCount(status, number) {
  const place = document.querySelector(`[data-count="${status}"]`);
  if (place) {
    place.textContent = number;
  }
  if (status === tab) {
    document.title = `(${number}) ${document.body.dataset.title}`;
  }
}

async function poll() {
  let counts;
  try {
    counts = await ask(`/api/v1/moderation/counts?site=${encodeURIComponent(site)}`);
  } catch {
    return; // The next decision will say what is wrong; a count that is a little old does no harm.
  }
  for (const status of Object.keys(expected)) {
    if (status in counts) {
      drawCount(status, counts[status]);
    }
  }
  const more = tab in counts ? counts[tab] - expected[tab] : 0;
  if (more > 0) {
    offerNews(`${more} more since this page was drawn. Show`);
  }
}

function offerNews(text) {
  news.firstElementChild.textContent = text;
  news.hidden = false;
}

function drawAges() {
  for (const time of document.querySelectorAll("time")) {
    const seconds = Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
    const [size, unit] =
      seconds >= 86_400 ? [86_400, "d"] : seconds >= 3_600 ? [3_600, "h"] : [60, "min"];
    if (seconds < 31 * 86_400) {
      time.textContent = seconds < 60 ? "now" : `${Math.floor(seconds / size)} ${unit}`;
    }
  }
}

// --- Selection ---

function drawSelection() {
  if (!bulk) {
    return;
  }
  const number = selected().length;
  bulk.classList.toggle("idle", number === 0);
  document.getElementById("bulk-count").textContent = `${number} selected`;
}

function toggle(card) {
  const checkbox = card && isOpen(card) && checkboxOf(card);
  if (checkbox) {
    checkbox.checked = !checkbox.checked;
    drawSelection();
    say(`${checkbox.checked ? "Selected" : "Not selected"}: ${nameOf(card)}.`);
  }
}

function selectAll() {
  const boxes = cards().filter(isOpen).map(checkboxOf);
  const on = boxes.some((box) => !box.checked);
  for (const box of boxes) {
    box.checked = on;
  }
  drawSelection();
}

// --- What the moderator does ---

function openReasons(card) {
  const menu = card && isOpen(card) && card.querySelector(".reject");
  if (menu) {
    menu.open = true;
    menu.querySelector("button").focus();
  }
}

const KEYS = {
  f: () => current && decide([current], "approve"),
  s: () => current && decide([current], "spam"),
  d: () => openReasons(current),
  u: undoLast,
  j: () => step(+1),
  k: () => step(-1),
  b: () => current?.querySelector(".ban-link")?.click(),
  x: () => toggle(current),
  "/": () => document.getElementById("q").select(),
  "?": () => help.showModal(),
};

function inReasons(event) {
  const menu = event.target.closest(".reject[open]");
  if (!menu) {
    return false;
  }
  if (event.key === "Escape") {
    menu.open = false;
    choose(menu.closest(".card"));
    return true;
  }
  if (!/^[1-9]$/.test(event.key) || isTyping(event.target)) {
    return false;
  }
  // The button without a number stands first, so the others' places are their numbers.
  menu.querySelectorAll(".reasons button")[event.key]?.click();
  return true;
}

const isTyping = (node) =>
  node.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]') !== null;

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) {
    return;
  }
  if (document.body.dataset.shortcuts === "off") {
    // Escape is no character: closing the menu stays possible.
    if (event.key === "Escape") {
      inReasons(event);
    }
    return;
  }
  if (inReasons(event)) {
    event.preventDefault();
    return;
  }
  const key = event.shiftKey ? event.key : event.key.toLowerCase();
  const act = isTyping(event.target) ? undefined : Object.hasOwn(KEYS, key) && KEYS[key];
  // A key held down may walk the list, but must not decide on every card it passes.
  if (act && (!event.repeat || key === "j" || key === "k")) {
    event.preventDefault();
    act();
  }
}

function onSubmit(event) {
  const form = event.target;
  if (form === bulk) {
    event.preventDefault();
    decide(selected(), event.submitter.value, form.elements.reason?.value);
  } else if (form.matches("[data-decide]")) {
    event.preventDefault();
    const [action, reason] = event.submitter.value.split(":");
    decide([form.closest(".card")], action, reason, form.elements.note?.value.trim());
  }
}

function onClick(event) {
  if (event.target.closest(".undo")) {
    undoCard(event.target.closest(".card"));
  }
}

function start() {
  for (const place of document.querySelectorAll("[data-count]")) {
    expected[place.dataset.count] = Number(place.textContent);
  }
  document.addEventListener("keydown", onKey);
  document.body.classList.toggle("has-keys", document.body.dataset.shortcuts === "on");
  document.addEventListener("submit", onSubmit);
  list.addEventListener("click", onClick);
  list.addEventListener("change", drawSelection);
  list.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card !== current) {
      choose(card, false);
    }
  });
  const helpButton = document.getElementById("help-button");
  helpButton.hidden = false;
  helpButton.addEventListener("click", () => help.showModal());
  const all = document.getElementById("select-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", selectAll);
  }
  drawSelection();
  choose(cards()[0], false);
  setInterval(() => document.visibilityState === "visible" && poll(), POLL_MS);
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  setInterval(drawAges, 60_000);
}

start();
