"""Bundles as their collectors make them, and what packcheck says of them."""
