"""The probability path, its grids, and the deterministic and stochastic ways to walk down it."""
