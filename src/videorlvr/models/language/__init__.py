"""Language policies: models of `transformers` that read boards and write moves. The only place that imports it."""
