"""The doctor: minutes before hours. A tiny iteration of the very configuration, and what it says of the run."""
