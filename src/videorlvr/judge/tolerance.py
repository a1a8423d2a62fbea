"""What a video may survive: the one setting of the judge, part of every fingerprint and of every record.

`exact`     for arrays in the problem's own layout, as a policy of pixels or a baseline makes them. Nothing is taken
            back: colours are those of the theme, and the board lies where the layout says.
`declared`  for files, and for policies whose videos went through an autoencoder. Size, place, tint and drift are
            taken back as far as the first frame shows how (`judge.files`), by as much as the world declares.

Law: the same answer gets the same verdict wherever it is judged under the same tolerance.
"""

from __future__ import annotations

from typing import Final, Literal

Tolerance = Literal["exact", "declared"]
EXACT: Final = "exact"
DECLARED: Final = "declared"
TOLERANCES: Final[tuple[Tolerance, ...]] = (EXACT, DECLARED)
