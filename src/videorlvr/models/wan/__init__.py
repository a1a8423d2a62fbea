"""Wan video models of diffusers as policies: the pipeline's own classes, trained by our methods."""
