
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const filters = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const results = all("tbody.result");
  const texts = new Map();
  const text = (result) => {
    if (!texts.has(result)) texts.set(result, result.textContent.toLowerCase().replace(/\s+/g, " "));
    return texts.get(result);
  };
  const visible = () => results.filter((result) => !result.hidden);

  const filter = () => {
    const wanted = new FormData(filters);
    const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const fields = ["outcome", "severity", "target"].filter((name) => wanted.get(name));
    for (const result of results) {
      result.hidden =
        fields.some((name) => result.dataset[name] !== wanted.get(name)) ||
        words.some((word) => !text(result).includes(word));
    }
    const left = visible().length;
    const noun = results.length === 1 ? "result" : "results";
    shown.textContent = left === results.length ? `${left} ${noun}` : `${left} of ${results.length} ${noun}`;
  };
  const open = (state) => visible().forEach((result) => { result.querySelector("details").open = state; });

  const copy = async (pre, button) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch {
      getSelection().selectAllChildren(pre);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  document.documentElement.classList.add("scripted");
  filters.hidden = false;
  filters.addEventListener("input", filter);
  filters.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open-all").addEventListener("click", () => open(true));
  document.getElementById("close-all").addEventListener("click", () => open(false));
  for (const row of all("tr.row")) {
    row.addEventListener("click", () => {
      if (getSelection().isCollapsed) {
        const details = row.parentElement.querySelector("details");
        details.open = !details.open;
      }
    });
  }
  for (const command of all(".command")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(command.querySelector("pre"), button));
    command.append(button);
  }
  document.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (event.key === "/" && plain && !event.target.closest?.("input, select, textarea")) {
      event.preventDefault();
      filters.elements.text.focus();
    }
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
  if (filters.elements.text.value) filter(); // the browser kept it over a reload
})();
