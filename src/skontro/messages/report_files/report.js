// SPDX-License-Identifier: Apache-2.0
"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const views = new Map();
  const measures = new Map();
  const root = document.documentElement;
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;

  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  // A chart names its colours by token; the page's theme says what they are.
  const coloured = (value) => {
    if (typeof value === "string") {
      return value.startsWith("token:") ? colour(value.slice(6)) : value;
    }
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== "object") return value;
    const out = {};
    for (const [key, inner] of Object.entries(value)) {
      out[key] = key === "values" ? inner : coloured(inner);
    }
    return out;
  };

  const config = () => ({
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: {
      labelColor: colour("muted"), titleColor: colour("muted"), gridColor: colour("line"),
      domainColor: colour("line"), tickColor: colour("line"),
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
      labelPadding: 6, titlePadding: 12,
    },
    axisX: { grid: false, ticks: false },
    legend: {
      labelColor: colour("muted"), labelFontSize: 12, symbolSize: 90, symbolStrokeWidth: 0,
      offset: 14, columnPadding: 20, padding: 0,
    },
  });

  const draw = async (place) => {
    const name = place.dataset.chart;
    place.dataset.drawn = "begun";
    try {
      if (views.has(name)) views.get(name).finalize();
      const drawn = await window.vegaEmbed(place, coloured(charts[name]), {
        ast: true, actions: false, renderer: "svg", config: config(),
        tooltip: { theme: "custom", disableDefaultStyle: true },
      });
      views.set(name, drawn);
      if (measures.has(name)) await drawn.view.signal("measure", measures.get(name)).runAsync();
      place.dataset.drawn = "yes";
    } catch (error) {
      place.dataset.drawn = "failed";
      place.textContent = "This chart could not be drawn; its figures stand in the table below.";
      console.error(error);
    }
  };

  const places = [...document.querySelectorAll("[data-chart]")];
  const drawAll = async () => {
    for (const place of places) {
      await draw(place);
      await new Promise((done) => setTimeout(done, 0));
    }
    root.dataset.charts = "drawn";
  };

  for (const group of document.querySelectorAll(".switch")) {
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const other of group.querySelectorAll("button")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      const name = group.dataset.for;
      measures.set(name, button.dataset.measure);
      const drawn = views.get(name);
      if (drawn) drawn.view.signal("measure", button.dataset.measure).runAsync();
    });
  }

  const themeButton = document.getElementById("theme");
  const nameTheme = () => { themeButton.textContent = isDark() ? "Light" : "Dark"; };
  themeButton.hidden = false;
  nameTheme();
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
    drawAll();
  });
  prefersDark.addEventListener("change", () => { nameTheme(); drawAll(); });

  // Whole numbers of any length are compared as such, text by its letters.
  const compare = (a, b) => {
    const whole = /^-?\d+$/;
    if (whole.test(a) && whole.test(b)) {
      const difference = BigInt(a) - BigInt(b);
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    }
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") !== "descending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => compare(keyOf(a, column), keyOf(b, column)) * (descending ? -1 : 1));
        table.tBodies[0].append(...rows);
      });
    });
  }
  for (const field of document.querySelectorAll("input.find")) {
    const table = document.getElementById(field.getAttribute("aria-controls"));
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const row of table.tBodies[0].rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
    });
  }

  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });

  drawAll();
})();
