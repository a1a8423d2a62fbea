"""Bridges to where language and RL people work: each gives our problems and the judge's verdicts in another library's
form. A bridge imports its library when it is used, and nothing else here knows of it."""
