"""Studies at work: `run` runs one or goes on with it, `card` says what came of it. Methods bring them."""
