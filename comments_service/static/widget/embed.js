/*! Comments service, MIT licence. */
/*
 * The comments of one article, on the article's own page. Talks to the public API only, sends no
 * cookie, and inserts no HTML but what the service sanitised (`body_html`).
 */
(() => {
  const SOURCE = document.currentScript.src;
  const API = new URL("api/v1/", SOURCE);
  const CSS = "__WIDGET_CSS__";
  // The two limits of comments_service/domain/comment.py; tests/e2e/test_widget_files.py compares.
  const MAX_BODY = 10000;
  const MAX_NAME = 80;
  const BACKOFF = [1, 2, 4, 8, 15, 30, 60];

  let host;
  let shadow;
  let site;
  let named;
  let page;
  let thread;
  let next = null;
  let sort = "newest";
  let token = null;
  let serial = 0;
  let told;
  const rows = new Map();
  const own = new Map();
  const fresh = new Set();
  const drawn = new Map();
  const forms = new Map();

  // Elements

  function make(tag, traits, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(traits ?? {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value != null && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.filter((child) => child != null && child !== false));
    return element;
  }

  const button = (text, click, traits) =>
    make("button", { type: "button", click, ...traits }, text);
  const heading = make("h2", { id: "heading", tabindex: -1 }, "Comment");
  const orders = make("div", {
    class: "orders",
    role: "group",
    "aria-label": "Order",
    hidden: true,
  });
  const top = make("div", { class: "top" }, make("p", { class: "hint" }, "Loading comments…"));
  const list = make("ol", { role: "list" });
  const none = make(
    "p",
    { class: "none", hidden: true },
    "No comments yet. Yours could be the first.",
  );
  const more = make("div", { class: "more" });
  const spoken = make("p", { class: "unseen", role: "status" });

  const say = (text) => {
    spoken.textContent = text;
  };

  // A host page may demand Trusted Types and not allow our policy: then the text is shown plain.
  let trusted = { createHTML: (html) => html };
  try {
    trusted = window.trustedTypes?.createPolicy("comments-widget", trusted) ?? trusted;
  } catch {}

  function prose(html) {
    const box = make("div", { class: "prose", dir: "auto" });
    try {
      const parsed = new DOMParser().parseFromString(trusted.createHTML(html), "text/html");
      box.append(...parsed.body.childNodes);
    } catch {
      const signs = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
      box.textContent = html
        .replace(/<[^>]*>/g, "")
        .replace(/&(lt|gt|quot|#39|amp);/g, (_, sign) => signs[sign]);
    }
    return box;
  }

  // Memory of this device; where storage is blocked, of this page view

  const memory = {};
  const place = (name) => `comments ${API.href} ${name}`;

  function recall(name) {
    try {
      return JSON.parse(localStorage.getItem(place(name))) ?? memory[name];
    } catch {
      return memory[name];
    }
  }

  function keep(name, value) {
    memory[name] = value;
    try {
      localStorage.setItem(place(name), JSON.stringify(value));
    } catch {}
  }

  const shelf = () => `drafts ${site ?? ""} ${named.id ?? named.url}`;
  const drafts = () => recall(shelf()) ?? {};

  function keepDraft(slot, draft) {
    const all = drafts();
    if (draft?.text) all[slot] = draft;
    else delete all[slot];
    keep(shelf(), all);
  }

  function randomKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replace(
      /[+/=]/g,
      (c) => ({ "+": "-", "/": "_" })[c] ?? "",
    );
  }

  function commenter() {
    if (!recall("key")) keep("key", randomKey());
    return { "Commenter-Key": recall("key") };
  }

  // Requests. A promise rejects only when no whole answer came: the service, or the way to it, is away.

  async function call(path, query, options) {
    const address = new URL(path, API);
    address.search = new URLSearchParams(query ?? {});
    const answer = await fetch(address, {
      credentials: "omit",
      signal: AbortSignal.timeout(20000),
      ...options,
    });
    const json = answer.status === 204 ? {} : answer.json();
    return {
      ok: answer.ok,
      status: answer.status,
      data: answer.ok ? await json : await json.catch(() => ({})),
      wait: Number(answer.headers.get("Retry-After")) || 0,
    };
  }

  function send(method, path, headers, body) {
    return call(path, null, {
      method,
      headers: { ...commenter(), "Content-Type": "application/json", ...headers },
      body: body && JSON.stringify(body),
    });
  }

  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function askToken() {
    token ??= call("form-token", named).then((answer) => {
      answer.ripe = performance.now() + 1000 * (answer.data.min_seconds ?? 0);
      if (!answer.ok) token = null;
      return answer;
    });
    token.catch(() => {
      token = null;
    });
    return token;
  }

  // Words for times

  const phrases = new Intl.RelativeTimeFormat("en");
  const UNITS = {
    year: 31536000,
    month: 2592000,
    week: 604800,
    day: 86400,
    hour: 3600,
    minute: 60,
  };

  function span(seconds) {
    for (const [unit, length] of Object.entries(UNITS)) {
      if (Math.abs(seconds) >= length) return phrases.format(Math.trunc(seconds / length), unit);
    }
    return phrases.format(Math.trunc(seconds), "second");
  }

  function ago(time) {
    const seconds = (Date.now() - Date.parse(time)) / 1000;
    return seconds < 45 ? "just now" : span(-Math.max(seconds, 60));
  }

  const exactly = (time) =>
    new Date(time).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });

  const isOpen = (comment) => Date.parse(comment.editable_until) > Date.now();

  // The count, and what the page hears of it

  function announce(name) {
    const detail = { thread: { ...thread }, count: thread.count };
    host.dispatchEvent(new CustomEvent(`comments:${name}`, { bubbles: true, detail }));
  }

  function fillCounters() {
    for (const element of document.querySelectorAll("[data-comment-count]")) {
      const { id, url } = element.dataset;
      const address = new URL(url ?? element.href ?? page, document.baseURI).href.split("#")[0];
      if (id ? id !== named.id : address !== page && address !== location.href.split("#")[0])
        continue;
      const texts = [...element.childNodes].filter(
        (node) => node.nodeType === 3 && node.data.trim(),
      );
      const label = texts.pop() ?? element.appendChild(new Text("Comment"));
      label.data = `${label.data.replace(/\s*(\(\d+\))?\s*$/, "")} (${thread.count})`;
    }
  }

  function tellCount() {
    if (thread.count === told) return;
    told = thread.count;
    heading.textContent = `Comment (${thread.count})`;
    fillCounters();
    announce("count");
  }

  // The order of rows: the service's, with one's own that it does not list yet put where they belong

  function arrange() {
    const merged = [...rows.values()].map((comment) => ({ ...comment, ...own.get(comment.id) }));
    const levels = new Map();
    const level = (comment) => {
      if (!levels.has(comment.id))
        levels.set(comment.id, (levels.get(comment.parent_id) ?? -1) + 1);
      return levels.get(comment.id);
    };
    merged.forEach(level);
    const follows = (a, b) => (sort === "newest" ? a <= b : a > b);
    const unlisted = [...own.values()].filter((comment) => !rows.has(comment.id));
    unlisted.sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
    for (const comment of unlisted) {
      const known = comment.status === "approved" && !fresh.has(comment.id);
      let at = merged.findIndex((row) => row.id === comment.parent_id) + 1;
      if (at) {
        while (at < merged.length && level(merged[at]) > levels.get(comment.parent_id)) at++;
      } else if (comment.parent_id) {
        if (known) continue;
      } else {
        const time = Date.parse(comment.created_at);
        at = merged.findIndex((row) => !level(row) && follows(Date.parse(row.created_at), time));
        if (at < 0 && known && next) continue;
        if (at < 0) at = merged.length;
      }
      merged.splice(at, 0, comment);
      level(comment);
    }
    return merged.map((comment) => [comment, level(comment)]);
  }

  function render() {
    let spot = list.firstChild;
    let focused = shadow.activeElement;
    const shown = new Set();
    for (const [comment, level] of arrange()) {
      const parent = rows.get(comment.parent_id) ?? own.get(comment.parent_id);
      const sign = JSON.stringify([comment, level, parent?.author, isOpen(comment), thread.state]);
      let row = drawn.get(comment.id);
      if (row?.sign !== sign) {
        const item = drawRow(comment, level, parent);
        if (row) {
          if (spot === row.item) spot = item;
          item.className = row.item.className;
          row.item.replaceWith(item);
          if (focused === row.item) focused = item;
        }
        row = { sign, item };
        drawn.set(comment.id, row);
        restoreForms(comment, item);
      }
      if (row.item === spot) spot = spot.nextSibling;
      else list.insertBefore(row.item, spot);
      shown.add(comment.id);
    }
    for (const [id, row] of drawn) {
      if (shown.has(id)) continue;
      row.item.remove();
      drawn.delete(id);
    }
    if (focused?.isConnected && focused !== shadow.activeElement)
      focused.focus({ preventScroll: true });
    none.hidden = shown.size > 0 || thread.state !== "open";
    list.hidden = !shown.size;
    orders.hidden = shown.size < 2 && !next;
    tellCount();
    more.replaceChildren(...(next ? [button("Load more comments", loadMore)] : []));
  }

  function drawRow(comment, level, parent) {
    const item = make("li", { id: `comment-${comment.id}`, tabindex: -1 });
    item.style.setProperty("--level", level);
    if (comment.removed) {
      item.append(make("p", { class: "hint" }, "This comment was removed."));
      return item;
    }
    const { name, staff, verified } = comment.author;
    const waits = comment.status === "pending" && "Waiting for a moderator. Only you can see it.";
    const refused =
      ["rejected", "spam"].includes(comment.status) && "This comment was not published.";
    const change =
      comment.edit_pending && "Your edit waits for a moderator; readers see the earlier text.";
    const note = waits || refused || change;
    const answers =
      parent?.author?.name ??
      (comment.parent_id && `${parent ? "a removed" : "an earlier"} comment`);
    const face = make("span", { class: "face", "aria-hidden": "true" }, [...name][0].toUpperCase());
    face.style.setProperty(
      "--hue",
      [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7),
    );
    const time = make(
      "time",
      { datetime: comment.created_at, title: exactly(comment.created_at) },
      ago(comment.created_at),
    );
    const link = `${location.href.split("#")[0]}#${item.id}`;
    item.append(
      make(
        "article",
        { "aria-label": `Comment by ${name}`, class: note && !change ? "waits" : null },
        face,
        make(
          "header",
          null,
          make("bdi", { class: "name" }, name),
          staff && make("span", { class: "badge" }, "Staff"),
          verified && !staff && make("span", { class: "badge" }, "Verified"),
          answers && make("span", { class: "hint" }, "to ", make("bdi", null, answers)),
          make("a", { href: link, class: "when" }, time),
          comment.edited_at &&
            make("span", { class: "hint", title: exactly(comment.edited_at) }, "edited"),
        ),
        prose(comment.body_html),
        note && make("p", { class: "note" }, note),
        drawActions(comment, name),
      ),
    );
    return item;
  }

  function drawActions(comment, name) {
    const about = (verb) => ({ "aria-label": `${verb} ${name}` });
    const actions = make("div", { class: "actions" });
    if (thread.state === "open" && (comment.status ?? "approved") === "approved") {
      actions.append(button("Reply", () => openForm("reply", comment), about("Reply to")));
    }
    if (own.has(comment.id) && isOpen(comment)) {
      const erase = button(
        "Delete",
        () => confirmDelete(comment, erase),
        about("Delete comment by"),
      );
      const edit = button("Edit", () => openForm("edit", comment), about("Edit comment by"));
      edit.dataset.until = erase.dataset.until = comment.editable_until;
      actions.append(edit, erase);
    }
    return actions;
  }

  // Forms: a new comment, a reply, an edit

  function restoreForms(comment, item) {
    for (const kind of ["reply", "edit"]) {
      const form = forms.get(`${kind} ${comment.id}`);
      const allowed =
        kind === "reply" ? thread.state === "open" : own.has(comment.id) && isOpen(comment);
      if (form) item.append(form.box);
      else if (allowed && drafts()[`${kind} ${comment.id}`])
        item.append(makeForm(kind, comment).box);
    }
  }

  function openForm(kind, comment) {
    const form = forms.get(`${kind} ${comment.id}`) ?? makeForm(kind, comment);
    if (!form.box.isConnected) drawn.get(comment.id).item.append(form.box);
    form.body.focus();
  }

  function closeForm(form) {
    form.wake?.(false);
    forms.delete(form.slot);
    form.box.remove();
  }

  function makeField(label, control) {
    control.id = `field-${++serial}`;
    const error = make("p", { class: "error", id: `error-${serial}` });
    const field = make(
      "div",
      { class: "field" },
      make("label", { for: control.id }, label),
      control,
      error,
    );
    control.fault = (message) => {
      error.textContent = message;
      if (message) {
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-describedby", error.id);
      } else {
        control.removeAttribute("aria-invalid");
        control.removeAttribute("aria-describedby");
      }
    };
    return field;
  }

  function makeForm(kind, comment) {
    const slot = kind === "new" ? kind : `${kind} ${comment.id}`;
    const draft = drafts()[slot];
    const who = comment?.author.name;
    const name = make("input", { autocomplete: "nickname", name: "author_name" });
    const body = make("textarea", { rows: kind === "new" ? 4 : 3, name: "body" });
    const trap = make("input", { name: "website", tabindex: -1, autocomplete: "off" });
    const left = make("span", { class: "left" });
    const notice = make("div", { class: "notice", role: "status" });
    const verb = { new: "Comment", reply: "Reply", edit: "Save" }[kind];
    const submit = make("button", { class: "main" }, verb);
    const title = { new: "Write a comment", reply: `Reply to ${who}`, edit: "Edit your comment" }[
      kind
    ];
    const form = { kind, slot, comment, name, body, trap, notice, submit, verb };
    name.value = recall("name") ?? "";
    body.value = draft?.text ?? (kind === "edit" ? (comment.body ?? "") : "");
    form.text = () => body.value.trim();
    form.measure = () => {
      const room = MAX_BODY - [...form.text()].length;
      const unit = Math.abs(room) === 1 ? "character" : "characters";
      const words = `${Math.abs(room).toLocaleString("en")} ${unit} ${room < 0 ? "too many" : "left"}`;
      const step = [0, 100, 500].find((bound) => room < bound || (!bound && room <= 0));
      left.textContent = words;
      left.classList.toggle("over", room < 0);
      if (step !== undefined && step !== form.step) say(words);
      form.step = step;
    };
    form.box = make(
      "form",
      {
        novalidate: true,
        "aria-label": title,
        focusin: () => kind !== "edit" && askToken().catch(() => {}),
        input: () => {
          form.wake?.(false);
          // What was asked about is not what stands there now.
          if (form.anyway) form.anyway.remove();
          keepDraft(slot, { ...drafts()[slot], text: body.value });
          if (name.value) keep("name", name.value);
          form.measure();
        },
        submit: (event) => {
          event.preventDefault();
          if (!form.busy) submitForm(form);
          else form.wake?.(true);
        },
      },
      kind !== "edit" && makeField("Comment As", name),
      makeField(kind === "new" ? "Your comment" : title, body),
      make("div", { class: "unseen", "aria-hidden": "true" }, make("label", null, "Website", trap)),
      make(
        "div",
        { class: "foot" },
        submit,
        kind !== "new" && button("Cancel", () => cancelForm(form), { class: "quiet" }),
        left,
      ),
      notice,
    );
    form.measure();
    forms.set(slot, form);
    return form;
  }

  function cancelForm(form) {
    keepDraft(form.slot, null);
    closeForm(form);
    drawn.get(form.comment.id)?.item.focus();
  }

  function notify(form, text, reasons, retry) {
    const items = (reasons ?? []).map((reason) => make("li", null, reason));
    const again = retry && button("Try now", retry, { class: "quiet" });
    form.notice.replaceChildren(
      ...(text ? [make("p", null, text)] : []),
      ...(items.length ? [make("ul", null, ...items)] : []),
      ...(again ? [again] : []),
    );
  }

  // Sets each field's fault and moves the focus to the first; true when there is one.
  function showFaults(form, faults) {
    const found = [];
    for (const [field, control] of [
      ["author_name", form.name],
      ["body", form.body],
    ]) {
      control.fault?.(faults[field] ?? "");
      if (faults[field] && control.isConnected) found.push(control);
    }
    found[0]?.focus();
    return found.length > 0;
  }

  function localFaults(form) {
    const faults = {};
    const name = [...form.name.value.trim()].length;
    const body = [...form.text()].length;
    if (!name && form.kind !== "edit") faults.author_name = "Please give a name.";
    if (name > MAX_NAME) faults.author_name = `A name has at most ${MAX_NAME} characters.`;
    if (!body) faults.body = "Please write something.";
    if (body > MAX_BODY)
      faults.body = `A comment has at most ${MAX_BODY.toLocaleString("en")} characters.`;
    return faults;
  }

  async function submitForm(form) {
    notify(form);
    if (showFaults(form, localFaults(form))) return;
    form.busy = true;
    try {
      await deliver(form);
    } finally {
      form.busy = false;
      lock(form, false);
    }
  }

  function lock(form, locked) {
    form.body.readOnly = form.name.readOnly = locked;
    form.submit.setAttribute("aria-disabled", locked);
    form.submit.textContent = locked ? "Sending…" : form.verb;
  }

  const wishOf = (form) => JSON.stringify([form.name.value.trim(), form.text()]);

  async function attempt(form, key) {
    // Who insisted did so on this very text.
    const insist = form.insisted === wishOf(form) || undefined;
    if (form.kind === "edit") {
      return send("PATCH", `comments/${form.comment.id}`, {}, { body: form.text(), insist });
    }
    const pass = await askToken();
    if (!pass.ok) return pass;
    await sleep(Math.max(0, pass.ripe - performance.now()));
    keep("posted", true);
    return send(
      "POST",
      "comments",
      { "Idempotency-Key": key },
      {
        ...named,
        url: page,
        title: document.title,
        author_name: form.name.value.trim(),
        body: form.text(),
        parent_id: form.comment?.id,
        website: form.trap.value,
        token: pass.data.token,
        insist,
      },
    );
  }

  // The key is stored before the first try, so that a retry after a crash is known as the same wish.
  function postKey(form) {
    const wish = wishOf(form);
    const draft = drafts()[form.slot];
    const key = draft?.wish === wish ? draft.key : randomKey();
    keepDraft(form.slot, { text: form.body.value, wish, key });
    return key;
  }

  async function deliver(form) {
    const key = postKey(form);
    for (let away = 0, stale = 0; ; ) {
      lock(form, true);
      const answer = await attempt(form, key).catch(() => ({ status: 503, wait: 0 }));
      lock(form, false);
      // After a wait the reader may be elsewhere on the page, and is not pulled back.
      if (answer.ok) return accept(form, answer.data.comment, !away);
      if (answer.status >= 500) {
        if (!(await waitAway(form, BACKOFF[away++], answer.wait))) return;
      } else if (answer.data.errors?.some((error) => error.field === "token") && stale++ < 2) {
        token = null;
      } else return refuse(form, answer, !away);
    }
  }

  // Resolves to true when it is time for another try, to false when that is up to the reader.
  function waitAway(form, seconds, asked) {
    if (!forms.has(form.slot)) return false;
    if (!seconds) {
      notify(form, "Comments are still away. Your text is safe on this device.", [], () =>
        form.box.requestSubmit(),
      );
      return false;
    }
    return new Promise((resolve) => {
      const end = (go) => {
        form.wake = null;
        clearTimeout(timer);
        removeEventListener("online", now);
        notify(form, go ? "Trying again…" : "");
        resolve(go);
      };
      const now = () => end(true);
      // Readers of one page must not all come back at the same moment.
      const pause = Math.max(asked, seconds * (0.75 + Math.random() / 2));
      const timer = setTimeout(now, 1000 * Math.min(pause, 120));
      addEventListener("online", now);
      form.wake = end;
      notify(form, "Comments are away for a moment. Your text is safe; we keep trying.", [], now);
    });
  }

  function refuse(form, { status, data, wait }, present) {
    const errors = data.errors ?? [];
    const draft = drafts()[form.slot];
    // A refusal is final for its key; only 429 leaves the same wish standing.
    if (status !== 429) keepDraft(form.slot, { ...draft, wish: null });
    const messages = errors.map((error) => error.message);
    if (data.type?.endsWith("reword")) {
      askToReword(form, data, present || form.box.contains(shadow.activeElement));
    } else if (data.type?.endsWith("refused")) {
      const reasons = messages.length ? messages : [data.detail];
      notify(form, "This comment cannot be published as it is:", reasons);
    } else if (status === 429) {
      const when = wait ? span(wait) : "in a while";
      notify(form, `Too many comments just now. You can send this ${when}; your text is kept.`);
    } else if (status === 409 && form.kind !== "edit") {
      thread.state = "closed";
      render();
      notify(form, "Comments were closed in the meantime. Your text is kept on this device.");
    } else if (!showFaults(form, Object.fromEntries(errors.map((e) => [e.field, e.message])))) {
      notify(form, data.detail ?? "This could not be sent. Your text is kept.", messages);
    }
  }

  // Spans count characters as a person does, not JavaScript's units.
  function marked(label, letters, spans) {
    const found = letters.map(() => false);
    for (const [start, end] of spans) found.fill(true, start, end);
    const box = make("p", {
      class: "marked",
      dir: "auto",
      tabindex: 0,
      role: "group",
      "aria-label": `${label}, with the words marked`,
    });
    for (let start = 0, end; start < letters.length; start = end) {
      end = found.indexOf(!found[start], start);
      if (end < 0) end = letters.length;
      const part = letters.slice(start, end).join("");
      box.append(found[start] ? make("mark", null, part) : part);
    }
    return box;
  }

  function askToReword(form, { detail, errors, may_insist }, move) {
    const items = [];
    const boxes = [];
    let change;
    for (const [field, control, label] of [
      ["author_name", form.name, "Your name"],
      ["body", form.body, "Your text"],
    ]) {
      const faults = errors.filter((error) => error.field === field);
      if (!faults.length) continue;
      const letters = [...control.value.trim()];
      const spans = faults.flatMap((error) => error.spans);
      for (const { message, spans } of faults) {
        const words = new Set(spans.map(([start, end]) => letters.slice(start, end).join("")));
        const quotes = [...words].slice(0, 5).flatMap((word) => [", ", make("q", null, word)]);
        const said = quotes.length ? [...quotes.slice(1), `: ${message}`] : [message];
        items.push(make("li", null, field === "body" ? "" : "In the name: ", ...said));
      }
      if (spans.length) boxes.push(marked(label, letters, spans));
      change ??= () => {
        const [start, end] = spans.sort((a, b) => a[0] - b[0])[0] ?? [0, 0];
        const lead = control.value.length - control.value.trimStart().length;
        const at = (place) => lead + letters.slice(0, place).join("").length;
        control.setSelectionRange(at(start), at(end));
        control.focus();
      };
    }
    const why = make("p", { id: `why-${++serial}` }, detail);
    const back = button("Change it", change, { class: "quiet", "aria-describedby": why.id });
    form.anyway =
      may_insist &&
      button(
        "Send anyway",
        () => {
          form.insisted = wishOf(form);
          form.submit.focus();
          form.box.requestSubmit();
        },
        { class: "quiet" },
      );
    form.notice.replaceChildren(why, make("ul", null, ...items), ...boxes, back);
    if (form.anyway) form.notice.append(form.anyway);
    if (move) back.focus();
  }

  function accept(form, comment, present) {
    const move = present || form.box.contains(shadow.activeElement);
    const before = own.get(comment.id) ?? rows.get(comment.id);
    const waits = comment.status === "pending";
    keepDraft(form.slot, null);
    notify(form);
    own.set(comment.id, { ...own.get(comment.id), ...comment });
    if (form.kind === "new") {
      form.body.value = "";
      form.measure();
    } else closeForm(form);
    if (form.kind !== "edit") fresh.add(comment.id);
    const added = !waits && !rows.has(comment.id) && before?.status !== "approved";
    if (added) thread.count++;
    render();
    if (form.kind !== "edit") announce("posted");
    if (move) show(drawn.get(comment.id)?.item);
    const done = form.kind === "edit" ? "Your change is saved." : "Your comment is published.";
    say(
      waits || comment.edit_pending
        ? "Your comment waits for a moderator. Only you can see it."
        : done,
    );
  }

  function confirmDelete(comment, erase) {
    const question = make("span", { role: "group", "aria-label": "Delete this comment?" });
    const back = () => {
      question.replaceWith(erase);
      erase.focus();
    };
    const yes = button("Yes, delete", () => remove(comment, question), { class: "danger" });
    question.append("Delete this comment? ", yes, button("Keep", back));
    erase.replaceWith(question);
    yes.focus();
  }

  async function remove(comment, question) {
    const answer = await send("DELETE", `comments/${comment.id}`).catch(() => ({ data: {} }));
    if (!answer.ok) {
      const why = answer.data.detail ?? "Comments are away for a moment. Please try again.";
      question.querySelector(".error")?.remove();
      question.append(make("span", { class: "error", role: "alert" }, ` ${why}`));
      return;
    }
    const answered = [...rows.values(), ...own.values()].some(
      (other) => other.parent_id === comment.id && other.status !== "pending",
    );
    if (comment.status === "approved") thread.count--;
    own.delete(comment.id);
    if (answered) rows.set(comment.id, { ...comment, author: null, removed: true });
    else rows.delete(comment.id);
    render();
    heading.focus();
    say("Your comment was deleted.");
  }

  // Loading

  async function loadOwn() {
    if (!recall("posted")) return;
    const answer = await call("commenter/comments", named, { headers: commenter() }).catch(
      () => ({}),
    );
    for (const comment of (answer.ok && answer.data.comments) || []) own.set(comment.id, comment);
  }

  function take({ data }) {
    ({ thread, next } = data);
    const added = [...(data.ancestors ?? []), ...data.comments].filter((c) => !rows.has(c.id));
    for (const comment of added) rows.set(comment.id, comment);
    return added;
  }

  async function ask(query) {
    const answer = await call("comments", { ...named, sort, ...query });
    if (!answer.ok) throw new Error(answer.data.detail ?? answer.status);
    return answer;
  }

  async function loadMore() {
    const [press] = more.children;
    press.setAttribute("aria-disabled", "true");
    try {
      const added = take(await ask({ cursor: next }));
      render();
      say(added.length === 1 ? "One more comment." : `${added.length} more comments.`);
      drawn.get(added[0]?.id)?.item.focus({ preventScroll: true });
    } catch {
      press.removeAttribute("aria-disabled");
      press.textContent = "That did not work. Try again";
    }
  }

  async function reorder(order) {
    const was = sort;
    sort = order;
    try {
      const answer = await ask();
      rows.clear();
      take(answer);
      render();
      say(`${order === "newest" ? "Newest" : "Oldest"} comments first.`);
    } catch {
      sort = was;
      say("Comments are away for a moment. Please try again.");
    }
    drawOrders();
  }

  function drawOrders() {
    for (const choice of orders.children) {
      choice.setAttribute("aria-pressed", choice.dataset.order === sort);
    }
  }

  function show(item) {
    for (const old of list.querySelectorAll(".target")) old.classList.remove("target");
    if (!item) return;
    item.classList.add("target");
    item.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    item.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }

  function followLink() {
    const [id] = location.hash.match(/comment-\w+$/) ?? [];
    if (id) show(shadow.getElementById(id));
  }

  function tick() {
    for (const time of list.querySelectorAll("time")) time.textContent = ago(time.dateTime);
    for (const late of list.querySelectorAll("[data-until]")) {
      late.hidden = Date.parse(late.dataset.until) < Date.now();
    }
  }

  async function load() {
    shadow.firstElementChild.setAttribute("aria-busy", "true");
    try {
      const [answer] = await Promise.all([ask(), loadOwn()]);
      take(answer);
    } catch (problem) {
      console.warn("comments:", problem.message);
      removeEventListener("online", load);
      addEventListener("online", load, { once: true });
      const retry = button("Try again", load, { class: "quiet" });
      const sorry = "The comments cannot be reached right now. They will be back.";
      top.replaceChildren(
        make("div", { class: "notice", role: "status" }, make("p", null, sorry), retry),
      );
      return;
    } finally {
      shadow.firstElementChild.removeAttribute("aria-busy");
    }
    removeEventListener("online", load);
    const closed = make("p", { class: "hint closed" }, "Comments are closed.");
    top.replaceChildren(thread.state === "open" ? makeForm("new").box : closed);
    render();
    announce("ready");
    followLink();
    setInterval(tick, 60000);
  }

  function start() {
    host = document.getElementById("comments");
    if (!host || host.shadowRoot) return;
    const canonical = document.querySelector("link[rel~=canonical]")?.href;
    page = new URL(host.dataset.url || canonical || location.href, document.baseURI).href.split(
      "#",
    )[0];
    site = host.dataset.site;
    named = {
      ...(site && { site }),
      ...(host.dataset.id ? { id: host.dataset.id } : { url: page }),
    };
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shadow = host.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet];
    for (const [order, text] of [
      ["newest", "Newest"],
      ["oldest", "Oldest"],
    ]) {
      orders.append(button(text, () => reorder(order), { "data-order": order }));
    }
    drawOrders();
    const bar = make("div", { class: "bar" }, heading, orders);
    shadow.append(
      make(
        "section",
        { "aria-labelledby": "heading", lang: "en" },
        bar,
        top,
        none,
        list,
        more,
        spoken,
      ),
    );
    addEventListener("hashchange", followLink);
    load();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
