"""An attacker of the judge who has read its code: `videorlvr audit --attack`.

`scene`      a legal trace, an illegal one beside it, and what a person would call the illegal one
`search`     pixels between the two pictures, by evolution: which part of a cell, how much, tint, noise
`twin`       the same by gradient, through the arithmetic of the first eye
`campaign`   both, on many scenes, within a budget; the best that was found
"""
