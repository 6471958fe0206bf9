"use strict";
{
  const root = document.documentElement;
  const form = document.querySelector("#filters");
  const findings = [...document.querySelectorAll(".finding")];
  const checks = [...document.querySelectorAll(".check")];
  const THEMES = ["auto", "light", "dark"];
  root.classList.add("js");

  /* filters: what is chosen stands in the address, so that a view can be sent on */
  const texts = new Map([...findings, ...checks].map((row) => [row, row.textContent.toLowerCase()]));
  const chosen = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));

  function fits(row, { text = "", ...wanted }) {
    const words = text.toLowerCase().split(/\s+/);
    return Object.entries(wanted).every(([name, value]) => row.dataset[name].split("\n").includes(value)) && words.every((word) => texts.get(row).includes(word));
  }

  function filter() {
    const wanted = chosen();
    for (const row of texts.keys()) row.hidden = !fits(row, wanted);
    const seen = (rows) => `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    const any = Object.keys(wanted).length > 0;
    document.querySelector("#shown").textContent = `${seen(findings)} findings, ${seen(checks)} checks`;
    document.querySelector("#nothing").hidden = !any || findings.length === 0 || findings.some((row) => !row.hidden);
    if (any) document.querySelector("#all").open = true;
    try {
      history.replaceState(null, "", any ? `#${new URLSearchParams(wanted)}` : location.href.split("#")[0]);
    } catch {
      // a page without an address keeps its view to itself
    }
  }

  function recall() {
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (form.elements[name]) form.elements[name].value = value;
    filter();
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  addEventListener("hashchange", recall);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    event.preventDefault();
    form.elements.text.focus();
  });

  /* copying */
  document.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-copy]")) return;
    const source = target.previousElementSibling;
    try {
      await navigator.clipboard.writeText(source.textContent);
      target.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      target.textContent = "Selected";
    }
    setTimeout(() => (target.textContent = "Copy"), 1500);
  });

  /* the theme: the system's until another is chosen */
  const button = document.querySelector("#theme");
  function paint(theme) {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    button.dataset.now = theme;
  }
  button.addEventListener("click", () => paint(THEMES[(THEMES.indexOf(button.dataset.now) + 1) % THEMES.length]));
  paint("auto");
  recall();
}
