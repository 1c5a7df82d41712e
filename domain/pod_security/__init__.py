"""The Kubernetes Pod Security Standards as data and pure functions, judged without a cluster.

Admission says why it refuses a pod only when somebody tries to create it. To plan a label, packcheck must know that
beforehand: what a level and version would say of a pod template, which level is the lowest that admits it, and what
else that level would let in. Everything here is a function of plain JSON; the words are admission's own, compared with
a real API server's letter by letter (tests/domain/pod_security/test_differential.py).

Known are the versions v1.0 to v1.37. The cluster's own defaults and exemptions cannot be read and are not guessed.
"""

from domain.pod_security.admission import (
    CONTROLS,
    NEWEST,
    admits,
    controls_in_force,
    lowest_level,
    refusal,
    violations,
    wider_admits,
)
from domain.pod_security.control import Control, Violation
from domain.pod_security.levels import (
    LABEL_PREFIX,
    LATEST,
    LabelError,
    Level,
    Mode,
    Policy,
    PolicyVersion,
    policy_from_labels,
)
from domain.pod_security.pod import PodSpecError
from domain.pod_security.refusals import Refusal, parse_refusal

__all__ = [
    "CONTROLS",
    "LABEL_PREFIX",
    "LATEST",
    "NEWEST",
    "Control",
    "LabelError",
    "Level",
    "Mode",
    "PodSpecError",
    "Policy",
    "PolicyVersion",
    "Refusal",
    "Violation",
    "admits",
    "controls_in_force",
    "lowest_level",
    "parse_refusal",
    "policy_from_labels",
    "refusal",
    "violations",
    "wider_admits",
]
