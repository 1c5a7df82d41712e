"""Which kernel files will install: what is pinned where, and what will move off it."""

from domain.pins.judging import judge_pins, meant_for
from domain.pins.reading import pins_of_files, pins_of_layer
from domain.pins.records import UBUNTU, Fault, Form, Pin, Pins, Remark

__all__ = [
    "UBUNTU",
    "Fault",
    "Form",
    "Pin",
    "Pins",
    "Remark",
    "judge_pins",
    "meant_for",
    "pins_of_files",
    "pins_of_layer",
]
