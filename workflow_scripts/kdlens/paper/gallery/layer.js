
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const list = byId("cards");
  const controls = byId("controls");

  // ---- units, as the page has them --------------------------------------------------------------

  const units = [...list.children].map((card) => ({
    card,
    number: Number(card.dataset.unit),
    score: Number(card.dataset.score),
    category: card.dataset.category,
    concept: card.dataset.concept,
    detector: "detector" in card.dataset,
    names: [...card.querySelectorAll("b")].map((name) => name.textContent.toLowerCase()),
  }));
  const byScore = (a, b) => b.score - a.score || a.number - b.number;
  const ORDERS = {
    iou: byScore,
    unit: (a, b) => a.number - b.number,
    category: (a, b) =>
      b.detector - a.detector || a.category - b.category || byScore(a, b),
  };

  // ---- photographs and regions ------------------------------------------------------------------

  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const VALUES = new Map([...LETTERS].map((letter, value) => [letter, value]));
  const [HEIGHT, WIDTH] = data.mask;
  // Pixels of a canvas for one of the mask: enough for a sharp outline.
  const SCALE = Math.max(1, Math.ceil(224 / Math.max(HEIGHT, WIDTH)));
  const blocks = new Map();

  const photograph = (index) => {
    const block = Math.floor(index / data.block);
    if (!blocks.has(block)) {
      blocks.set(block, byId(`photographs-${block}`).textContent.split("\n"));
    }
    return `data:image/webp;base64,${blocks.get(block)[index % data.block]}`;
  };

  // See kdlens/paper/gallery/regions.py: outside and inside in turn, row by row.
  const decode = (text) => {
    const inside = new Uint8Array(HEIGHT * WIDTH);
    const runs = [];
    let position = 0;
    let value = 0;
    let shift = 0;
    for (const letter of text) {
      const digit = VALUES.get(letter);
      value |= (digit & 31) << shift;
      shift += 5;
      if (digit & 32) continue;
      const step = value & 1 ? -(value >> 1) : value >> 1;
      const run = step + (runs.length > 1 ? runs[runs.length - 2] : 0);
      if (runs.length % 2) inside.fill(1, position, position + run);
      runs.push(run);
      position += run;
      value = shift = 0;
    }
    return inside;
  };

  // Calls draw(row, from, to) for each stretch of a row where test(index) holds.
  const stretches = (test, draw) => {
    for (let row = 0; row < HEIGHT; row++) {
      for (let column = 0; column < WIDTH; column++) {
        if (!test(row * WIDTH + column)) continue;
        const from = column;
        while (column < WIDTH && test(row * WIDTH + column)) column++;
        draw(row, from, column);
      }
    }
  };

  const shade = (region) => {
    const inside = decode(region);
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH * SCALE;
    canvas.height = HEIGHT * SCALE;
    canvas.setAttribute("aria-hidden", "true");
    const context = canvas.getContext("2d");
    context.scale(SCALE, SCALE);
    context.fillStyle = "rgb(10 11 14 / 0.64)";
    stretches((i) => !inside[i], (row, from, to) => context.fillRect(from, row, to - from, 1));
    context.strokeStyle = "#ffe9a3";
    context.lineWidth = 2 / SCALE;
    context.beginPath();
    stretches(
      (i) => i >= WIDTH && inside[i] !== inside[i - WIDTH],
      (row, from, to) => { context.moveTo(from, row); context.lineTo(to, row); },
    );
    for (let i = 0; i < inside.length; i++) {
      const column = i % WIDTH;
      if (column && inside[i] !== inside[i - 1]) {
        const row = (i - column) / WIDTH;
        context.moveTo(column, row);
        context.lineTo(column, row + 1);
      }
    }
    context.stroke();
    return canvas;
  };

  const picture = ([index, region, share]) => {
    const item = document.createElement("li");
    const image = document.createElement("img");
    const [number, file] = data.images[index];
    image.alt = `image ${number} of ${data.dataset}, active region covers ${share} %`;
    image.title = `image ${number}: ${file}`;
    image.decoding = "async";
    image.src = photograph(index);
    item.append(image, shade(region));
    return item;
  };

  // Only what is near the window has photographs (all of them would fill the memory), and only a few
  // are drawn a frame, so that scrolling and typing stay smooth.
  const waiting = new Set();
  const drawSome = () => {
    const end = performance.now() + 8;
    for (const card of waiting) {
      waiting.delete(card);
      const pictures = data.units[card.dataset.unit].map(picture);
      card.querySelector(".pictures").replaceChildren(...pictures);
      if (performance.now() > end) break;
    }
    if (waiting.size) requestAnimationFrame(drawSome);
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      const idle = !waiting.size;
      for (const { target, isIntersecting } of entries) {
        const pictures = target.querySelector(".pictures");
        const drawn = pictures.querySelector("img");
        if (isIntersecting && !drawn) waiting.add(target);
        if (isIntersecting) continue;
        waiting.delete(target);
        if (drawn) for (const item of pictures.children) item.replaceChildren();
      }
      if (idle && waiting.size) requestAnimationFrame(drawSome);
    },
    { rootMargin: "400px 0px" },
  );

  // ---- the view, and its address ----------------------------------------------------------------

  const fields = { q: "value", category: "value", sort: "value", detectors: "checked", whole: "checked" };
  const initial = { q: "", category: "", sort: "iou", detectors: false, whole: false, concept: "" };
  const state = { ...initial };
  const conceptButtons = [...document.querySelectorAll("aside [data-concept]")];
  const categoryButtons = [...document.querySelectorAll("aside [data-category]")];
  let order = "iou"; // as the page comes
  let timer = 0;

  const readAddress = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const options = (id) => [...byId(id).options].map((option) => option.value);
    const known = {
      category: options("category"),
      sort: options("sort"),
      concept: conceptButtons.map((button) => button.dataset.concept),
    };
    Object.assign(state, initial);
    for (const [key, value] of given) {
      if (!Object.hasOwn(initial, key)) continue;
      if (typeof initial[key] === "boolean") state[key] = value === "1";
      else if (!known[key] || known[key].includes(value)) state[key] = value;
    }
  };

  const writeAddress = () => {
    clearTimeout(timer);
    const changed = Object.keys(initial).filter((key) => state[key] !== initial[key]);
    const given = new URLSearchParams(
      changed.map((key) => [key, state[key] === true ? "1" : state[key]]),
    );
    const hash = given.size ? `#${given}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  };

  const shown = (unit) => {
    if (state.detectors && !unit.detector) return false;
    if (state.category && unit.category !== state.category) return false;
    if (state.concept && !(unit.detector && unit.concept === state.concept)) return false;
    const query = state.q.trim().toLowerCase();
    if (!query) return true;
    const number = /^(?:unit\s*)?(\d+)$/.exec(query);
    if (number && Number(number[1]) === unit.number) return true;
    return unit.names.some((name) => name.includes(query));
  };

  const apply = () => {
    for (const [id, property] of Object.entries(fields)) {
      if (byId(id)[property] !== state[id]) byId(id)[property] = state[id];
    }
    if (order !== state.sort) {
      order = state.sort;
      units.sort(ORDERS[order]);
    }
    const cards = units.filter(shown).map((unit) => unit.card);
    const count = cards.length;
    // Hiding cards one by one would take a browser a second, in a layer of 2,048 units.
    if (count !== list.children.length || cards.some((card, i) => card !== list.children[i])) {
      list.replaceChildren(...cards);
    }
    const whole = count === units.length;
    byId("count").textContent = whole ? `${count} units` : `${count} of ${units.length} units`;
    byId("empty").hidden = count > 0;
    byId("reset").hidden = !["q", "category", "concept", "detectors"].some((key) => state[key]);
    list.classList.toggle("whole", state.whole);
    byId("concept").hidden = !state.concept;
    for (const button of conceptButtons) {
      const pressed = button.dataset.concept === state.concept;
      button.setAttribute("aria-pressed", pressed);
      if (pressed) byId("concept-name").textContent = button.dataset.name;
    }
    for (const button of categoryButtons) {
      button.setAttribute("aria-pressed", button.dataset.category === state.category);
    }
  };

  const change = (changes) => {
    Object.assign(state, changes);
    apply();
    if (controls.getBoundingClientRect().top < 1 && !("whole" in changes)) {
      byId("units").scrollIntoView();
    }
    // Browsers refuse an address that changes with every key.
    clearTimeout(timer);
    timer = setTimeout(writeAddress, 200);
  };

  for (const [id, property] of Object.entries(fields)) {
    byId(id).addEventListener("input", (event) => change({ [id]: event.target[property] }));
  }
  for (const button of conceptButtons) {
    button.addEventListener("click", () => {
      const { concept } = button.dataset;
      change({ concept: state.concept === concept ? "" : concept, category: "" });
    });
  }
  for (const button of categoryButtons) {
    button.addEventListener("click", () => {
      const { category } = button.dataset;
      change({ category: state.category === category ? "" : category, concept: "" });
    });
  }
  byId("concept").addEventListener("click", () => {
    change({ concept: "" });
    byId("q").focus();
  });
  byId("reset").addEventListener("click", () => {
    change({ ...initial, sort: state.sort, whole: state.whole });
    byId("q").focus();
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("units").focus();
    byId("units").scrollIntoView();
  });
  addEventListener("pagehide", writeAddress);
  addEventListener("hashchange", () => {
    readAddress();
    apply();
  });

  if (matchMedia("(max-width: 52rem)").matches) byId("graph").open = false;
  readAddress();
  apply();
  for (const unit of units) watcher.observe(unit.card);
})();
