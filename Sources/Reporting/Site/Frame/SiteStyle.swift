/// How the pages of a report look: light and dark, on a wide screen and on a phone, without a font from elsewhere.
enum SiteStyle {
  /// The style sheet.
  static let sheet = """
    :root {
      color-scheme: light dark;
      --paper: #fdfcf8; --ink: #1e1d1a; --quiet: #5c5850; --rule: #d8d3c6; --faint: #f4f1e8; --link: #17508f;
      --s0: #0b5fa5; --s1: #b34700; --s2: #00735a; --s3: #7546a3; --s4: #7d6200; --s5: #ad2e6d; --s6: #57534b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #16181b; --ink: #e7e4dc; --quiet: #aaa69c; --rule: #3b3e43; --faint: #202327; --link: #92bdf2;
        --s0: #7db7f0; --s1: #f2a172; --s2: #5fcfae; --s3: #c5a6ec; --s4: #e0c45c; --s5: #f08cbb; --s6: #b9b5ab;
      }
    }
    * { box-sizing: border-box; }
    html { font: 18px/1.55 "Iowan Old Style", "Palatino Linotype", Palatino, P052, "Source Serif 4", Georgia, serif;
      -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word; }
    a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
    a:focus-visible, summary:focus-visible, button:focus-visible, .scroll:focus-visible {
      outline: 2px solid var(--link); outline-offset: 2px; }
    .skip { position: absolute; left: -99rem; }
    .skip:focus { left: 1rem; top: 0.5rem; background: var(--paper); padding: 0.3rem 0.6rem; z-index: 2; }
    header, main, footer { max-width: 80rem; margin: 0 auto; padding: 0 1.5rem; }
    header { padding-top: 0.9rem; }
    nav { font: 0.83rem/1.6 system-ui, sans-serif; color: var(--quiet); }
    nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin: 0; padding: 0; max-width: none; }
    nav li { margin: 0; }
    nav a { color: inherit; text-decoration: none; }
    nav a:hover { text-decoration: underline; color: var(--link); }
    header nav { border-bottom: 1px solid var(--rule); padding-bottom: 0.6rem; }
    header nav li:first-child a { color: var(--ink); font-weight: 600; }
    .inside { margin: 1rem 0 0; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
    h1, h2, h3 { line-height: 1.2; font-weight: 600; text-wrap: balance; max-width: 44rem; }
    h1 { font-size: 1.9rem; margin: 2.2rem 0 0.8rem; letter-spacing: -0.01em; }
    h2 { font-size: 1.3rem; margin: 2.8rem 0 0.7rem; }
    h3 { font-size: 1.05rem; margin: 1.8rem 0 0.5rem; }
    p, ul, ol, .banner { max-width: 44rem; }
    p { margin: 0.7rem 0; }
    li { margin: 0.35rem 0; }
    code { font: 0.82em/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
    .banner { border-left: 3px solid var(--s1); background: var(--faint); padding: 0.5rem 1rem; margin: 1rem 0; }
    .banner p { margin: 0.25rem 0; font-size: 0.92rem; }
    .scroll { overflow-x: auto; margin: 0.9rem 0 1.4rem; max-width: 100%; }
    table { border-collapse: collapse; font: 0.8rem/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
      border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); }
    caption { caption-side: top; text-align: left; color: var(--quiet); padding: 0 0 0.45rem; }
    th, td { padding: 0.32rem 0.75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
    thead th { border-bottom: 1px solid var(--ink); vertical-align: bottom; font-weight: 600; min-width: 5.4rem; }
    tbody th { font-weight: 400; background: var(--paper); position: sticky; left: 0; min-width: 7rem; max-width: 20rem; }
    tbody tr:last-child > * { border-bottom: 0; }
    th:first-child, td:first-child { padding-left: 0.1rem; }
    .n { text-align: right; font-variant-numeric: tabular-nums; }
    td.n { white-space: nowrap; }
    td.long { min-width: 15rem; max-width: 30rem; }
    tbody tr:hover > * { background: var(--faint); }
    a.figure { color: inherit; text-decoration: underline dotted; text-decoration-color: var(--quiet); }
    a.figure:hover { color: var(--link); text-decoration: underline; }
    .from { color: var(--quiet); white-space: nowrap; }
    sup { line-height: 0; font-size: 0.72em; }
    sup a { text-decoration: none; padding: 0 0.1em; }
    .notes, .note { font: 0.78rem/1.5 system-ui, sans-serif; color: var(--quiet); margin: 0.2rem 0; }
    .notes { padding-left: 1.6rem; }
    .notes li { margin: 0.15rem 0; }
    .notes li:target { color: var(--ink); background: var(--faint); }
    details { margin: 0.6rem 0; }
    summary { cursor: pointer; font: 0.88rem/1.5 system-ui, sans-serif; color: var(--link); padding: 0.15rem 0; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1.6rem 2rem;
      margin: 1.2rem 0; }
    figure { margin: 0; max-width: 32rem; }
    figcaption { font: 0.78rem/1.5 system-ui, sans-serif; color: var(--quiet); margin-top: 0.3rem; }
    .chart { width: 100%; height: auto; display: block; font: 11.5px system-ui, "DejaVu Sans", sans-serif; }
    .chart text { fill: var(--quiet); }
    .chart .head { fill: var(--ink); font-weight: 600; font-size: 12.5px; }
    .chart .grid { stroke: var(--rule); stroke-width: 0.8; fill: none; }
    .chart .axis { stroke: var(--quiet); stroke-width: 1; fill: none; }
    .chart .line { fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linejoin: round; }
    .chart .broken { stroke-dasharray: 5 3; stroke-width: 1.5; }
    .chart .band { fill: currentColor; fill-opacity: 0.17; stroke: none; }
    .chart .dot { fill: currentColor; stroke: var(--paper); stroke-width: 0.8; }
    .chart .ring { fill: var(--paper); stroke: currentColor; stroke-width: 1.8; }
    .chart a:focus-visible { outline: none; }
    .chart a:focus-visible circle, .chart a:hover circle { stroke: var(--ink); stroke-width: 2.2; }
    .s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); } .s3 { color: var(--s3); }
    .s4 { color: var(--s4); } .s5 { color: var(--s5); } .s6 { color: var(--s6); }
    th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
    th button::after { content: " ↕"; color: var(--quiet); }
    th[aria-sort="ascending"] button::after { content: " ↑"; }
    th[aria-sort="descending"] button::after { content: " ↓"; }
    footer { font: 0.78rem/1.5 system-ui, sans-serif; color: var(--quiet); margin-top: 4rem; padding-bottom: 2.5rem; }
    footer p { border-top: 1px solid var(--rule); padding-top: 0.8rem; max-width: none; }
    @media (max-width: 40rem) {
      html { font-size: 17px; }
      header, main, footer { padding-left: 1rem; padding-right: 1rem; }
      h1 { font-size: 1.6rem; }
      th, td { padding: 0.35rem 0.55rem; }
      tbody th { max-width: 9.5rem; }
      td.long { min-width: 13rem; }
    }
    @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
    @media print { .scroll { overflow: visible; } header nav, .inside { display: none; } }

    """

  /// What is added where all pages are in one file: the one that an address names is shown, else the first.
  static let singleFile = """
    @supports selector(:has(a)) {
      article { display: none; }
      article:target, article:has(:target) { display: block; }
      main:not(:has(article:target)):not(:has(article :target)) > article:first-of-type { display: block; }
    }

    """

  /// Lets a reader put the rows of tables that are marked so in another order; without it the tables are whole.
  static let script = """
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const heads = [...table.tHead.rows[0].cells];
      const number = (row, column) =>
        parseFloat(row.cells[column].textContent.replace("\\u2212", "-").replace("+", ""));
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const sign = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
          const rows = [...table.tBodies[0].rows];
          const key = (row) => { const value = number(row, column); return isNaN(value) ? -Infinity : value; };
          rows.sort((a, b) => sign * (key(a) - key(b)) || number(a, 0) - number(b, 0));
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
          table.tBodies[0].append(...rows);
        });
      });
    }

    """
}
