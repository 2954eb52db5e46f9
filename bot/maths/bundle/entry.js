// TeX to SVG with MathJax, for bot/maths/picture.py: one function, no page, no network.

import { liteAdaptor } from "mathjax-full/js/adaptors/liteAdaptor.js";
import { RegisterHTMLHandler } from "mathjax-full/js/handlers/html.js";
import { AllPackages } from "mathjax-full/js/input/tex/AllPackages.js";
import { TeX } from "mathjax-full/js/input/tex.js";
import { mathjax } from "mathjax-full/js/mathjax.js";
import { SVG } from "mathjax-full/js/output/svg.js";
import widths from "./node_modules/widths.json";

// Left out: what needs a page (links, toggles, measured proofs), and what hides mistakes.
const NOT_HERE = new Set(["action", "bussproofs", "html", "noerrors", "noundefined"]);
const PACKAGES = AllPackages.filter((name) => !NOT_HERE.has(name));

const adaptor = liteAdaptor();
adaptor.nodeSize = (node) => {
  const letters = Array.from(adaptor.textContent(node));
  const strange = letters.find((letter) => !(letter in widths));
  if (strange) throw new Error(`no glyph for ${strange}`);
  return [letters.reduce((sum, letter) => sum + widths[letter], 0), 0.8];
};
RegisterHTMLHandler(adaptor);

// What models write that no package of MathJax defines.
const MACROS = {
  bm: ["\\boldsymbol{#1}", 1], vb: ["\\mathbf{#1}", 1], degree: "^{\\circ}", celsius: "^{\\circ}\\mathrm{C}",
  angstrom: "\\mathring{\\mathrm{A}}", micro: "\\mu", permil: "\\text{‰}", dd: "\\mathrm{d}",
  R: "\\mathbb{R}", N: "\\mathbb{N}", Z: "\\mathbb{Z}", C: "\\mathbb{C}", Q: "\\mathbb{Q}",
  argmin: "\\operatorname*{arg\\,min}", argmax: "\\operatorname*{arg\\,max}", Tr: "\\operatorname{Tr}",
  tr: "\\operatorname{tr}", diag: "\\operatorname{diag}", rank: "\\operatorname{rank}", sgn: "\\operatorname{sgn}",
  erf: "\\operatorname{erf}", erfc: "\\operatorname{erfc}", Re: "\\operatorname{Re}", Im: "\\operatorname{Im}",
};

// A new parser for each formula: what one defines, the next must not see.
function documentOf(packages) {
  const input = new TeX({
    packages, macros: MACROS, maxMacros: 1000, maxBuffer: 5120, tags: "none",
    formatError(_, error) { throw error; },
  });
  return mathjax.document("", { InputJax: input, OutputJax: new SVG({ fontCache: "none" }) });
}

globalThis.mathjaxVersion = mathjax.version;

// The SVG of a formula, or "!" and TeX's own message. `physics` adds a package whose names
// clash with standard ones (\div, \qty), so only formulas that need it get it.
globalThis.tex2svg = (tex, physics) => {
  const packages = physics ? [...PACKAGES, "physics"] : PACKAGES;
  try {
    return adaptor.innerHTML(documentOf(packages).convert(tex, { display: true, em: 16, ex: 16 * 0.442, containerWidth: 1280 }));
  } catch (error) {
    return `!${error.message ?? error}`;
  }
};
