"""Renderers of a finished run."""
