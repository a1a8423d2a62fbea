"""The probability path, its schedules, and the deterministic and stochastic ways to walk down it."""
