"""Chemical formulas whose letters are no word's: `Na2SO4`, `Ca(OH)2`, `CuSO4·5H2O`."""

from __future__ import annotations

_ELEMENT = (
    "A[cglmrstu]|B[aehikr]?|C[adeflmnorsu]?|D[bsy]|E[rsu]|F[elmr]?|G[ade]|H[efgos]?|I[nr]?|Kr?|L[airuv]|M[cdgnot]|"
    "N[abdehiop]?|Os?|P[abdmortu]?|R[abefghnu]|S[bcegimnr]?|T[abcehilm]|U|V|W|Xe|Yb?|Z[nr]"
)
_ATOM = rf"(?:{_ELEMENT})\d{{0,3}}"
_ATOMS = rf"(?:{_ATOM}|\((?:{_ATOM}){{1,6}}\)\d{{0,3}})"
HYDRATES = rf"(?<!\w)(?=[A-Za-z()]{{0,40}}\d){_ATOMS}{{2,12}}(?:·\d{{0,2}}{_ATOMS}{{1,6}}){{1,3}}(?!\w)"
"""With a dot in them."""
COMPOUNDS = (
    rf"(?<![\w.\-])(?=[A-Z()\d]{{1,20}}[a-z])(?=[A-Za-z()]{{2,20}}\d){_ATOMS}{{2,12}}"
    r"(?:\^?\d?[+\-](?!\w))?(?![\w\-]|[.]\w)"
)
"""With a figure and a small letter, and of two kinds of atoms: `CO2` is a word in many a language."""
