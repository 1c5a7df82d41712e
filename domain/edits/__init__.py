"""Edits of files: a text becomes another text of which only the lines meant are new, and saying so is checked."""

from domain.edits.hunks import apply, are_made, hunks_between, lines_of, opposite, shifted
from domain.edits.places import Unwritable, edit_layer
from domain.edits.planned import FileTexts
from domain.edits.values import add_stage, turn_calico_off

__all__ = [
    "FileTexts",
    "Unwritable",
    "add_stage",
    "apply",
    "are_made",
    "edit_layer",
    "hunks_between",
    "lines_of",
    "opposite",
    "shifted",
    "turn_calico_off",
]
