"""Which characters stand for which commands of LaTeX, and which have small raised or lowered forms."""

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ "
    "lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ "
    "chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω "
    "upmu μ upalpha α upbeta β upgamma γ updelta δ uppi π"
)
_LETTERS = (
    "hbar ℏ ell ℓ partial ∂ nabla ∇ infty ∞ aleph ℵ Re Re Im Im wp ℘ imath ı jmath ȷ emptyset ∅ varnothing ∅ "
    "forall ∀ exists ∃ nexists ∄ top ⊤ bot ⊥ angle ∠ triangle △ dagger † ddagger ‡ degree ° celsius °C "
    "star ⋆ ldots … dots … cdots ⋯ prime ′ AA Å angstrom Å square □ Box □ checkmark ✓ R ℝ N ℕ Z ℤ Q ℚ C ℂ "
    "hslash ℏ % % $ $ & & # # _ _ S §"
)
_RELATIONS = (
    "le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ ll ≪ gg ≫ approx ≈ sim ∼ simeq ≃ cong ≅ equiv ≡ propto ∝ in ∈ notin ∉ "
    "ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ to → rightarrow → longrightarrow ⟶ leftarrow ← gets ← "
    "leftrightarrow ↔ Rightarrow ⇒ implies ⟹ Leftarrow ⇐ Leftrightarrow ⇔ iff ⟺ mapsto ↦ uparrow ↑ "
    "downarrow ↓ rightleftharpoons ⇌ perp ⊥ parallel ∥ mid | vdash ⊢ models ⊨ lesssim ≲ gtrsim ≳ prec ≺ "
    "succ ≻ coloneqq ≔ triangleq ≜ asymp ≍ doteq ≐ leqslant ≤ geqslant ≥ lt < gt > colon :"
)
_OPERATORS = (
    "pm ± mp ∓ times × cdot · div ÷ ast ∗ circ ∘ bullet • oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ cup ∪ cap ∩ "
    "setminus ∖ wedge ∧ land ∧ vee ∨ lor ∨ bmod mod"
)
_BRACKETS_OPEN = "langle ⟨ lfloor ⌊ lceil ⌈ { { lbrace { lvert | lVert ‖"
_BRACKETS_SHUT = "rangle ⟩ rfloor ⌋ rceil ⌉ } } rbrace } rvert | rVert ‖"
_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth ln log lg exp det dim ker deg arg gcd "
    "max min sup inf lim hom Pr Tr tr diag rank sgn erf erfc"
)


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


LETTERS = _pairs(_GREEK) | _pairs(_LETTERS)
RELATIONS = _pairs(_RELATIONS)
OPERATORS = _pairs(_OPERATORS)
OPENING = _pairs(_BRACKETS_OPEN)
CLOSING = _pairs(_BRACKETS_SHUT)
BARS = {"|": "‖", "Vert": "‖", "vert": "|"}
FUNCTIONS = frozenset(_FUNCTIONS.split())
BIG = {
    "sum": "∑",
    "prod": "∏",
    "int": "∫",
    "iint": "∬",
    "iiint": "∭",
    "oint": "∮",
    "bigcup": "⋃",
    "bigcap": "⋂",
}
SPACES = frozenset({",", ";", ":", " ", "quad", "qquad", "thinspace", "enspace", "space"})
NOTHING = frozenset(
    {
        "!",
        "displaystyle",
        "textstyle",
        "limits",
        "nolimits",
        "big",
        "Big",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "middle",
    }
)

ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7",
    "dot": "\u0307", "ddot": "\u0308", "tilde": "\u0303", "widetilde": "\u0303",
    "check": "\u030c", "breve": "\u0306",
}  # fmt: skip
UPRIGHT = frozenset({"mathrm", "operatorname", "mathit", "mathsf", "mathtt", "mathnormal"})
WORDS = frozenset({"text", "textrm", "textnormal", "mbox", "textit", "textup"})
ALPHABETS = {
    "mathbf": "BOLD", "boldsymbol": "BOLD", "bm": "BOLD", "textbf": "BOLD", "vb": "BOLD",
    "mathcal": "SCRIPT", "mathscr": "SCRIPT", "mathbb": "DOUBLE-STRUCK", "mathfrak": "FRAKTUR",
}  # fmt: skip

RAISED = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW∗′†° ·*",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ∗′†° ·∗",
        strict=True,
    )
)
LOWERED = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρφχ,",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ,",
        strict=True,
    )
)
